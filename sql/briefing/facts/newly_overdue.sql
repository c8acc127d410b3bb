-- stances: newly_overdue_one, newly_overdue
-- Deals whose closing date was the day, and that were open at its end; the largest of them by name,
-- where none is as large.

with passed as (
    select
        id,
        name,
        amount,
        count(*) over () as deals,
        row_number() over (order by amount desc nulls last, id) as rank,
        lead(amount) over (order by amount desc nulls last, id) as next_amount
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and closing_date = %(day)s
)
select
    'newly_overdue_one' as stance,
    id as subject,
    array[id] as records,
    %(day)s::date as first_day,
    coalesce(amount, 0) as weight,
    null::bigint as n,
    name as deal,
    amount as money,
    null::numeric as deal_money
from passed
where deals = 1
union all
select
    'newly_overdue', '', array_agg(id order by rank), %(day)s::date, coalesce(sum(amount), 0),
    count(*),
    max(name) filter (where rank = 1 and measures.stands_out(amount, next_amount)),
    sum(amount),
    max(amount) filter (where rank = 1 and measures.stands_out(amount, next_amount))
from passed
having count(*) > 1
