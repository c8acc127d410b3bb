-- stances: deal_overdue, overdue_next
-- The largest open deal past its closing date at the end of the day, where none is as large, and
-- the second, where it is a large one of the whole pipeline. Those whose date was the day are
-- among them, and are told as such (newly_overdue); those of a mistyped year are not (mistyped).

with overdue as (
    select
        id,
        name,
        amount,
        closing_date,
        row_number() over size as rank,
        lead(amount) over size as next_amount,
        lag(amount) over size as amount_before,
        lag(closing_date) over size as date_before
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and closing_date <= %(day)s and amount > 0
        and not measures.is_mistyped(closing_date, %(day)s)
    window size as (order by amount desc, id)
)
select
    case o.rank when 1 then 'deal_overdue' else 'overdue_next' end as stance,
    o.id as subject,
    array[o.id] as records,
    o.closing_date as first_day,
    o.amount as weight,
    o.name as deal,
    o.amount as money,
    %(day)s::date - o.closing_date as days
from overdue o
join analytics.kpis k on k.day = %(day)s
where o.closing_date < %(day)s and measures.stands_out(o.amount, o.next_amount)
    and (
        o.rank = 1
        or o.rank = 2 and o.amount_before > o.amount and o.date_before < %(day)s
        and measures.is_large(o.amount, k.open_pipeline_value)
    )
