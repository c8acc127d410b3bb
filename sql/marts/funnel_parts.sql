-- grain: one row per status of live leads and stage of live deals
-- kind: incremental
-- strategy: merge
-- key: entity, position, step, meaning
-- owner: sales operations
-- What analytics.funnel shows in its order.
-- figures:
--   records (count): live leads or deals in the step
--   valued_deals (count): deals in the step whose value is known
--   value (money): sum of Amount of the deals, empty as 0; null for leads

select
    'lead' as entity,
    position,
    step,
    meaning,
    count(*) as records,
    0::bigint as valued_deals,
    null::numeric as value
from analytics.leads
group by position, step, meaning
union all
select 'deal', position, stage, meaning, count(*), count(amount), coalesce(sum(amount), 0)
from analytics.deals
group by position, stage, meaning
