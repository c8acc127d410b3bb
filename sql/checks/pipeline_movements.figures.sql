-- asset: analytics/pipeline_movements
-- severity: error
-- blocking: yes
-- description: All movements do not add up to the open deals of analytics.pipeline_by_stage. Run
-- `aha sync` to build both again.

with whole as (
    select sum(deals) as deals, sum(value) as value, sum(weighted_value) as weighted_value
    from analytics.pipeline_by_stage
    where meaning = 'open'
),
parts as (
    select sum(deals) as deals, sum(value) as value, sum(weighted_value) as weighted_value
    from analytics.pipeline_movements
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from whole w
cross join parts p
cross join lateral (values
    ('open deals', w.deals, p.deals),
    ('open value', w.value, p.value),
    ('weighted value', w.weighted_value, p.weighted_value)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
