-- asset: analytics/cohort_parts
-- severity: error
-- blocking: yes
-- description: The leads of a month that reached a step are not those of analytics.entered_funnel.
-- Run `aha sync`; if it stays, please report it.

with figures as (
    select c.month, f.step, f.leads as found, 0 as expected
    from analytics.cohort_parts c
    cross join lateral (values
        ('Created', c.leads),
        ('Qualified', c.qualified),
        ('Converted', c.converted),
        ('Won', c.won)
    ) f (step, leads)
    union all
    select date_trunc('month', day::timestamp)::date, step, 0, reached
    from analytics.entered_funnel
    where entity = 'lead'
)
select
    step || ' of ' || coalesce(month::text, 'no month') as rule,
    sum(expected) as expected,
    sum(found) as found
from figures
group by month, step
having sum(found) <> sum(expected)
