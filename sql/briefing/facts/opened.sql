-- stances: opened_large, opened, opened_next
-- The largest deal that came in on the day and was open at its end. Large: nine in ten deals of the
-- 90 days before were smaller, of at least 20. Amounts are those of the end of the day.
-- Next: the second largest, where it is a large one of the whole pipeline.

with recent as (
    select
        h.id, h.name, h.amount, coalesce(w.owner_name, h.owner_id) as owner_name, h.day, h.meaning
    from analytics.deal_history h
    left join analytics.owners w on w.owner_id = h.owner_id
    where h.from_day <= %(day)s and (h.until_day is null or h.until_day > %(day)s)
        and h.day between %(day)s::date - 90 and %(day)s and h.amount > 0
),
new as (
    select
        *,
        row_number() over size as rank,
        lead(amount) over size as next_amount,
        lag(amount) over size as amount_before
    from recent
    where day = %(day)s and meaning = 'open'
    window size as (order by amount desc, id)
),
judged as (
    select
        l.*,
        count(r.id) as others,
        count(r.id) filter (where r.amount < l.amount) as smaller
    from new l
    left join recent r on r.day < %(day)s
    where l.rank <= 2
    group by l.id, l.name, l.amount, l.owner_name, l.day, l.meaning, l.rank, l.next_amount,
        l.amount_before
)
select
    case
        when rank = 2 then 'opened_next'
        when others >= 20 and smaller * 10 >= others * 9 then 'opened_large'
        else 'opened'
    end as stance,
    j.id as subject,
    array[j.id] as records,
    j.day as first_day,
    j.amount as weight,
    j.name as deal,
    j.amount as money,
    case when rank = 1 and others >= 20 and smaller * 10 >= others * 9 then others end as "of",
    nullif(j.owner_name, '(none)') as owner
from judged j
join analytics.kpis k on k.day = %(day)s
where measures.stands_out(j.amount, j.next_amount)
    and (
        rank = 1
        or j.amount_before > j.amount and measures.is_large(j.amount, k.open_pipeline_value)
    )
