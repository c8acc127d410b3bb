-- grain: one row per stretch of time around today, also where no open deal falls into it

with stretches (position, stretch, first_day, last_day, is_overdue) as (
    values
        (1, 'Over 30 days late', null, -31, true),
        (2, '8 to 30 days late', -30, -8, true),
        (3, '1 to 7 days late', -7, -1, true),
        (4, 'Today and next 7 days', 0, 7, false),
        (5, 'In 8 to 14 days', 8, 14, false),
        (6, 'In 15 to 30 days', 15, 30, false)
)
select
    s.position,
    s.stretch,
    s.is_overdue,
    count(c.id) as deals,
    coalesce(sum(c.amount), 0) as value,
    coalesce(sum(c.weighted_amount), 0) as weighted_value,
    sum(count(c.id)) over () as all_deals
from stretches s
left join analytics.closing_deals c
    on c.days_left <= s.last_day and (s.first_day is null or c.days_left >= s.first_day)
group by s.position, s.stretch, s.is_overdue
order by s.position
