-- asset: analytics/cohort_parts
-- severity: error
-- blocking: yes
-- description: The sources and owners do not add up to analytics.lead_cohorts. Run `aha sync` to
-- build both again.

with parts as (
    select
        month,
        sum(leads) as leads,
        sum(qualified) as qualified,
        sum(converted) as converted,
        sum(won) as won,
        sum(linked) as linked
    from analytics.cohort_parts
    group by month
)
select
    c.figure || ' of ' || month::text as rule,
    coalesce(c.expected, 0) as expected,
    coalesce(c.found, 0) as found
from parts p
full join analytics.lead_cohorts m using (month)
cross join lateral (values
    ('leads', m.leads, p.leads),
    ('qualified', m.qualified, p.qualified),
    ('converted', m.converted, p.converted),
    ('won', m.won, p.won),
    ('linked', m.linked, p.linked)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
