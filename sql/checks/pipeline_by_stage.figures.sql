-- asset: analytics/pipeline_by_stage
-- severity: error
-- blocking: yes
-- description: The stages do not add up to the deals of analytics.funnel. Run `aha sync` to build
-- both again.

with steps as (
    select step as stage, records, value
    from analytics.funnel
    where entity = 'deal'
),
weights as (
    select stage, sum(weighted_amount) as weighted_value
    from analytics.deals
    group by stage
)
select 'stage ' || stage || ': ' || c.figure as rule, c.expected, c.found
from steps s
full join analytics.pipeline_by_stage p using (stage)
full join weights w using (stage)
cross join lateral (values
    ('deals', coalesce(s.records, 0), coalesce(p.deals, 0)),
    ('value', coalesce(s.value, 0), coalesce(p.value, 0)),
    ('weighted value', coalesce(w.weighted_value, 0), coalesce(p.weighted_value, 0))
) c (figure, expected, found)
where c.found <> c.expected
