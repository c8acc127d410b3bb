-- stances: newly_overdue_one, newly_overdue
-- Deals whose closing date was the day, and that were open at its end; the largest of them by name,
-- where none is as large, and the second, where it is a large one of the whole pipeline.

with passed as (
    select
        id,
        name,
        amount,
        count(*) over () as deals,
        row_number() over size as rank,
        lead(amount) over size as next_amount,
        lag(amount) over size as amount_before
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and closing_date = %(day)s
    window size as (order by amount desc nulls last, id)
),
named as (
    select
        p.*,
        measures.stands_out(amount, next_amount) and (
            rank = 1
            or rank = 2 and amount_before > amount
            and measures.is_large(amount, k.open_pipeline_value)
        ) as is_named
    from passed p
    join analytics.kpis k on k.day = %(day)s
)
select
    'newly_overdue_one' as stance,
    id as subject,
    array[id] as records,
    %(day)s::date as first_day,
    coalesce(amount, 0) as weight,
    null::bigint as n,
    name as deal,
    %(day)s::date as date,
    amount as money,
    null::numeric as deal_money,
    null as second,
    null::numeric as second_money
from passed
where deals = 1
union all
select
    'newly_overdue', '', array_agg(id order by rank), %(day)s::date, coalesce(sum(amount), 0),
    count(*),
    max(name) filter (where rank = 1 and is_named), %(day)s::date,
    sum(amount),
    max(amount) filter (where rank = 1 and is_named),
    max(name) filter (where rank = 2 and is_named),
    max(amount) filter (where rank = 2 and is_named)
from named
having count(*) > 1
