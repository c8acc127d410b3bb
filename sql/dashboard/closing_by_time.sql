-- grain: one row per stretch of time around today, also where no open deal falls into it
-- first_day, last_day: what the stretch covers, both included; null: no border. value, weighted_value:
-- null where deals fall into it and that of none is known.

with stretches (position, stretch, first_left, last_left, is_overdue) as (
    values
        (1, 'Over 30 days late', null, -31, true),
        (2, '8 to 30 days late', -30, -8, true),
        (3, '1 to 7 days late', -7, -1, true),
        (4, 'Today and next 7 days', 0, 7, false),
        (5, 'In 8 to 14 days', 8, 14, false),
        (6, 'In 15 to 30 days', 15, 30, false)
),
days as (
    select
        days_left,
        max(day) as day,
        count(*) as deals,
        sum(amount) as value,
        sum(weighted_amount) as weighted_value
    from analytics.closing_deals
    where (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by days_left
)
select
    s.position,
    s.stretch,
    s.is_overdue,
    t.day + s.first_left as first_day,
    t.day + s.last_left as last_day,
    coalesce(sum(d.deals), 0)::bigint as deals,
    measures.known_value(coalesce(sum(d.value), 0), coalesce(sum(d.deals), 0), sum(d.value)) as value,
    case when sum(d.deals) > 0 and sum(d.value) is null then null
        else coalesce(sum(d.weighted_value), 0) end as weighted_value,
    sum(coalesce(sum(d.deals), 0)) over () as all_deals
from stretches s
left join days d on d.days_left <= s.last_left and (s.first_left is null or d.days_left >= s.first_left)
cross join (select max(day) as day from days) t
group by s.position, s.stretch, s.is_overdue, s.first_left, s.last_left, t.day
order by s.position
