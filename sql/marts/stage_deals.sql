-- grain: one row per stage in which a live deal stands or stood
-- kind: incremental
-- strategy: merge
-- key: position, stage, meaning
-- owner: sales operations
-- The deals of analytics.time_in_stage, which says how long they stood there.
-- figures:
--   left_deals (count): deals that moved on from the stage at least once
--   timed_deals (count): of left_deals, those with a stay whose beginning is known
--   won_deals (count): of timed_deals, those that are won by now
--   lost_deals (count): of timed_deals, those that are lost by now
--   standing_deals (count): deals that stand in the stage now
--   standing_timed_deals (count): of standing_deals, those of which it is known since when

-- Counted from a row a deal: count(distinct) would sort the ids of all stays.
with deals as (
    select
        position,
        stage,
        meaning,
        id,
        outcome,
        bool_or(is_left) as is_left,
        bool_or(is_left and is_start_known) as is_timed,
        bool_or(is_standing) as is_standing,
        bool_or(is_standing and is_start_known) as is_timed_so_far
    from analytics.deal_stays
    where not is_deleted
    group by position, stage, meaning, id, outcome
)
select
    position,
    stage,
    meaning,
    count(*) filter (where is_left) as left_deals,
    count(*) filter (where is_timed) as timed_deals,
    count(*) filter (where is_timed and outcome = 'won') as won_deals,
    count(*) filter (where is_timed and outcome = 'lost') as lost_deals,
    count(*) filter (where is_standing) as standing_deals,
    count(*) filter (where is_timed_so_far) as standing_timed_deals
from deals
group by position, stage, meaning
