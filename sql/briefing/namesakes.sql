-- Of the given deals, those that read like another one that is open at the end of the day or was
-- closed in the sixty days up to it: by the same name, whole or with the person's words cut to
-- initials. since: the day on which it came in, where that tells them apart; null where it does not.

with live as (
    select
        h.id,
        h.day,
        lower(h.name) as name,
        lower(coalesce(
            regexp_replace(h.name, '\m(\w)(?:' || w.rests || ')\M', '\1.', 'gi'), h.name)) as looks
    from analytics.deal_history h
    join crm.crm_deals r on r.id = h.id
    cross join lateral (
        select string_agg(substr(word, 2), '|') as rests
        from regexp_split_to_table(r.raw_data #>> '{Contact_Name,name}', '\W+') word
        where length(word) > 1
    ) w
    where h.from_day <= %(day)s and (h.until_day is null or h.until_day > %(day)s)
        and (h.meaning = 'open' or h.closed_day > %(day)s::date - 60)
)
select o.id, case when bool_and(t.day <> o.day) then o.day end as since
from live o
join live t on t.id <> o.id and (t.name = o.name or t.looks = o.looks)
where o.id = any(%(ids)s)
group by o.id, o.day
