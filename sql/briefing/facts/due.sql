-- stances: due_one, due_named, due, due_next
-- Open deals whose closing date is one of the seven days after the day; the largest by name, where
-- none is as large, and the second, where it is a large one of the whole pipeline.

with closing as (
    select
        id,
        name,
        amount,
        closing_date,
        row_number() over size as rank,
        lead(amount) over size as next_amount,
        lag(amount) over size as amount_before
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open'
        and closing_date between %(day)s::date + 1 and %(day)s::date + 7
    window size as (order by amount desc nulls last, id)
),
due as (
    select
        count(*) as n,
        coalesce(bool_or(rank = 1 and measures.stands_out(amount, next_amount)), false) as is_named,
        array_agg(id order by rank) as records,
        sum(amount) as money,
        max(id) filter (where rank = 1) as id,
        max(name) filter (where rank = 1) as name,
        max(amount) filter (where rank = 1) as amount,
        max(closing_date) filter (where rank = 1) as date
    from closing
    having count(*) > 0
)
select
    case when n = 1 and is_named then 'due_one' when is_named then 'due_named' else 'due' end
        as stance,
    case when is_named then id else '' end as subject,
    records,
    %(day)s::date + 1 as first_day,
    coalesce(money, 0) as weight,
    case when n > 1 or not is_named then n end as n,
    money,
    case when is_named then name end as deal,
    case when n > 1 and is_named then amount end as deal_money,
    case when is_named then date end as date,
    case when n > 1 or not is_named then %(day)s::date + 7 end as until
from due
union all
select
    'due_next', c.id, array[c.id], %(day)s::date + 1, c.amount, null, c.amount, c.name, null,
    c.closing_date, null
from closing c
join analytics.kpis k on k.day = %(day)s
where c.rank = 2 and c.amount_before > c.amount
    and measures.stands_out(c.amount, c.next_amount)
    and measures.is_large(c.amount, k.open_pipeline_value)
