-- asset: analytics/daily_changes
-- severity: error
-- blocking: yes
-- description: The changes of all days do not add up to the contents that hold. Run `aha sync` to
-- build it again.

with held as (
    select 'lead' as entity, meaning, count(*) as records, 0 as value, 0 as weighted_value
    from analytics.lead_history
    where until_day is null
    group by meaning
    union all
    select 'deal', meaning, count(*), coalesce(sum(amount), 0), sum(weighted_amount)
    from analytics.deal_history
    where until_day is null
    group by meaning
),
summed as (
    select
        entity,
        meaning,
        sum(records) as records,
        coalesce(sum(value), 0) as value,
        coalesce(sum(weighted_value), 0) as weighted_value
    from analytics.daily_changes
    group by entity, meaning
)
select entity || 's ' || meaning || ': ' || c.figure as rule, c.expected, c.found
from held h
full join summed s using (entity, meaning)
cross join lateral (values
    ('records', coalesce(h.records, 0), coalesce(s.records, 0)),
    ('value', coalesce(h.value, 0), coalesce(s.value, 0)),
    ('weighted value', coalesce(h.weighted_value, 0), coalesce(s.weighted_value, 0))
) c (figure, expected, found)
where c.found <> c.expected
