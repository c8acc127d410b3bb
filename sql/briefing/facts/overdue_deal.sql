-- stances: deal_overdue
-- The largest open deal past its closing date at the end of the day, where none is as large.

with overdue as (
    select
        id,
        name,
        amount,
        closing_date,
        lead(amount) over (order by amount desc, id) as next_amount
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and closing_date < %(day)s and amount > 0
    order by amount desc, id
    limit 1
)
select
    'deal_overdue' as stance,
    id as subject,
    array[id] as records,
    closing_date as first_day,
    amount as weight,
    name as deal,
    amount as money,
    %(day)s::date - closing_date as days
from overdue
where measures.stands_out(amount, next_amount)
    and measures.stands_out(amount, (
        select max(h.amount)
        from analytics.deal_history h
        where h.from_day <= %(day)s and (h.until_day is null or h.until_day > %(day)s)
            and h.meaning = 'open' and h.closing_date = %(day)s
    ))
