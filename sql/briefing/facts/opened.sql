-- stances: opened_large, opened
-- The largest deal that came in on the day and was open at its end. Large: nine in ten deals of the
-- 90 days before were smaller, of at least 20. Amounts are those of the end of the day.

with recent as (
    select
        h.id, h.name, h.amount, coalesce(w.owner_name, h.owner_id) as owner_name, h.day, h.meaning
    from analytics.deal_history h
    left join analytics.owners w on w.owner_id = h.owner_id
    where h.from_day <= %(day)s and (h.until_day is null or h.until_day > %(day)s)
        and h.day between %(day)s::date - 90 and %(day)s and h.amount > 0
),
largest as (
    select *, lead(amount) over (order by amount desc, id) as next_amount
    from recent
    where day = %(day)s and meaning = 'open'
    order by amount desc, id
    limit 1
),
judged as (
    select
        l.*,
        count(r.id) as others,
        count(r.id) filter (where r.amount < l.amount) as smaller
    from largest l
    left join recent r on r.day < %(day)s
    group by l.id, l.name, l.amount, l.owner_name, l.day, l.meaning, l.next_amount
)
select
    case when others >= 20 and smaller * 10 >= others * 9 then 'opened_large' else 'opened' end
        as stance,
    id as subject,
    array[id] as records,
    day as first_day,
    amount as weight,
    name as deal,
    amount as money,
    case when others >= 20 and smaller * 10 >= others * 9 then others end as "of",
    nullif(owner_name, '(none)') as owner
from judged
where measures.stands_out(amount, next_amount)
