-- asset: analytics/history_parts
-- severity: error
-- blocking: yes
-- description: The records by how much of their past is known do not add up to the leads and deals.
-- Run `aha sync` to build both again.

select c.entity as rule, c.expected, coalesce(c.found, 0) as found
from (
    select
        'leads' as entity,
        (select count(*) from analytics.leads) as expected,
        (select sum(records) from analytics.history_parts where entity = 'lead') as found
    union all
    select
        'deals',
        (select count(*) from analytics.deals),
        (select sum(records) from analytics.history_parts where entity = 'deal')
    union all
    select
        'value of the open deals',
        (select coalesce(sum(amount), 0) from analytics.deals where meaning = 'open'),
        (select sum(value) from analytics.history_parts)
) c
where c.expected <> coalesce(c.found, 0)
