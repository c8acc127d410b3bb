-- stances: lost_reason, lost, lost_many
-- Deals lost on the day, with the reason that the record gives. Three or more are told together.

with today as (
    select
        d.id,
        d.name,
        d.amount,
        l.reason,
        count(*) over () as losses,
        row_number() over (order by d.amount desc nulls last, d.id) as rank,
        lead(d.amount) over (order by d.amount desc nulls last, d.id) as next_amount
    from analytics.deals d
    join analytics.lost_deals l on l.id = d.id
    where d.closed_day = %(day)s
)
select
    case when reason is null then 'lost' else 'lost_reason' end as stance,
    id as subject,
    array[id] as records,
    %(day)s::date as first_day,
    coalesce(amount, 0) as weight,
    null::bigint as n,
    name as deal,
    amount as money,
    null::numeric as deal_money,
    reason
from today
where losses < 3
union all
select
    'lost_many', '', array_agg(id order by rank), %(day)s::date, coalesce(sum(amount), 0),
    count(*), max(name) filter (where rank = 1 and measures.stands_out(amount, next_amount)), sum(amount),
    max(amount) filter (where rank = 1 and measures.stands_out(amount, next_amount)),
    max(reason) filter (where rank = 1 and measures.stands_out(amount, next_amount))
from today
having count(*) >= 3
