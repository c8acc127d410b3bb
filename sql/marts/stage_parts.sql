-- grain: one row per stage, source and owner of live deals
-- kind: incremental
-- strategy: merge
-- key: position, stage, meaning, source, owner_id
-- owner: sales operations
-- The stages of analytics.pipeline_by_stage taken apart, so that they can be had for some sources and
-- some owners. How old open deals are moves with the clock, and is in no table.
-- figures:
--   deals (count): live deals on the stage
--   valued_deals (count): those of them whose value is known
--   value (money): sum of Amount; a deal without an amount counts as a deal of value 0
--   weighted_value (money): sum of Amount times probability (won 100, lost 0)
--   closed_age_days (days): of closed deals, the days from creation to the closing day, summed; 0 of
--     a deal that was entered after it had closed

select
    position,
    stage,
    meaning,
    source,
    owner_id,
    count(*) as deals,
    count(amount) as valued_deals,
    coalesce(sum(amount), 0) as value,
    sum(weighted_amount) as weighted_value,
    -- greatest passes over nulls
    sum(greatest(closed_day - day, 0)) as closed_age_days
from analytics.deals
group by position, stage, meaning, source, owner_id
