-- stances: due_named, due
-- Open deals whose closing date is one of the seven days after the day; the largest by name, where
-- none is as large.

with closing as (
    select
        id,
        name,
        amount,
        row_number() over (order by amount desc nulls last, id) as rank,
        lead(amount) over (order by amount desc nulls last, id) as next_amount
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open'
        and closing_date between %(day)s::date + 1 and %(day)s::date + 7
)
select
    case when bool_or(rank = 1 and amount > coalesce(next_amount, 0)) then 'due_named' else 'due' end
        as stance,
    coalesce(max(id) filter (where rank = 1 and amount > coalesce(next_amount, 0)), '') as subject,
    array_agg(id order by rank) as records,
    %(day)s::date + 1 as first_day,
    coalesce(sum(amount), 0) as weight,
    count(*) as n,
    sum(amount) as money,
    max(name) filter (where rank = 1 and amount > coalesce(next_amount, 0)) as deal,
    max(amount) filter (where rank = 1 and amount > coalesce(next_amount, 0)) as deal_money
from closing
having count(*) > 0
