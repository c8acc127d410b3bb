-- asset: analytics/funnel
-- severity: error
-- blocking: yes
-- description: The steps do not add up to the live leads and deals. Run `aha sync` to build it
-- again.

with whole as (
    select 'lead' as entity, meaning, count(*) as records, 0 as value
    from analytics.leads
    group by meaning
    union all
    select 'deal', meaning, count(*), coalesce(sum(amount), 0)
    from analytics.deals
    group by meaning
),
parts as (
    select entity, meaning, sum(records) as records, coalesce(sum(value), 0) as value
    from analytics.funnel
    group by entity, meaning
)
select entity || 's ' || meaning || ': ' || c.figure as rule, c.expected, c.found
from whole w
full join parts p using (entity, meaning)
cross join lateral (values
    ('records', coalesce(w.records, 0), coalesce(p.records, 0)),
    ('value', coalesce(w.value, 0), coalesce(p.value, 0))
) c (figure, expected, found)
where c.found <> c.expected
