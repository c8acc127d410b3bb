-- asset: analytics/lead_cohorts
-- severity: error
-- blocking: yes
-- description: The months do not add up to the leads of analytics.funnel, or a later step is larger
-- than the one before. Run `aha sync` to build both again.

with whole as (
    select
        sum(records) as leads,
        sum(records) filter (where meaning = 'converted') as converted,
        sum(records) filter (where meaning = 'junk') as junk
    from analytics.funnel
    where entity = 'lead'
),
parts as (
    select sum(leads) as leads, sum(converted) as converted, sum(junk) as junk
    from analytics.lead_cohorts
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from whole w
cross join parts p
cross join lateral (values
    ('leads', w.leads, p.leads),
    ('converted', w.converted, p.converted),
    ('junk', w.junk, p.junk)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
union all
select s.step || ' of ' || coalesce(month::text, 'no month') || ', at most', s.before, s.after
from analytics.lead_cohorts
cross join lateral (values
    ('qualified', leads, qualified),
    ('converted', qualified, converted),
    ('linked', converted, linked),
    ('won', linked, won),
    ('junk', leads, junk)
) s (step, before, after)
where s.after > s.before
