-- grain: one row per stage in which a live deal stands or stood
-- kind: table
-- key: stage
-- owner: sales operations
-- Of the stays in analytics.stage_stays. Deleted deals are in none. A deal that stood in a stage
-- twice has two stays and counts as one deal. A duration counts only where its beginning is known.
-- Won and lost: what the deal is by now. Percentiles are interpolated (percentile_cont) and null
-- without any stay.
-- figures:
--   left_deals (count): deals that moved on from the stage at least once
--   timed_deals (count): of left_deals, those with a stay whose beginning is known
--   median_days (days): median of the known stays that ended with a move
--   p80_days (days): within this time 80 % of them ended
--   won_deals (count): of timed_deals, those that are won by now
--   won_median_days (days): median_days of the deals that are won by now
--   won_p80_days (days): p80_days of the deals that are won by now
--   won_limit_days (days): won_p80_days where won_deals is at least 10, so that it says something;
--     an open deal that stands here longer is older than 80 % of the won ones were
--   lost_deals (count): of timed_deals, those that are lost by now
--   lost_median_days (days): median_days of the deals that are lost by now
--   lost_p80_days (days): p80_days of the deals that are lost by now
--   standing_deals (count): deals that stand in the stage now
--   standing_timed_deals (count): of standing_deals, those of which it is known since when
--   standing_median_days (days): median days so far of standing_timed_deals

with stays as materialized (
    select
        position,
        stage,
        meaning,
        id,
        outcome,
        is_left,
        is_standing,
        is_left and is_start_known as is_timed,
        is_standing and is_start_known as is_timed_so_far,
        days::double precision as days
    from analytics.stage_stays
    where not is_deleted
),
-- Counted from a row a deal: count(distinct) would sort the ids of all stays.
deals as (
    select
        stage,
        count(*) filter (where is_left) as left_deals,
        count(*) filter (where is_timed) as timed_deals,
        count(*) filter (where is_timed and outcome = 'won') as won_deals,
        count(*) filter (where is_timed and outcome = 'lost') as lost_deals
    from (
        select stage, id, outcome, bool_or(is_left) as is_left, bool_or(is_timed) as is_timed
        from stays
        group by stage, id, outcome
    ) d
    group by stage
),
stages as (
    select
        position,
        stage,
        meaning,
        percentile_cont(array[0.5, 0.8]) within group (order by days)
            filter (where is_timed) as days,
        percentile_cont(array[0.5, 0.8]) within group (order by days)
            filter (where is_timed and outcome = 'won') as won_days,
        percentile_cont(array[0.5, 0.8]) within group (order by days)
            filter (where is_timed and outcome = 'lost') as lost_days,
        count(*) filter (where is_standing) as standing_deals,
        count(*) filter (where is_timed_so_far) as standing_timed_deals,
        percentile_cont(0.5) within group (order by days)
            filter (where is_timed_so_far) as standing_days
    from stays
    group by position, stage, meaning
)
select
    s.position,
    s.stage,
    s.meaning,
    d.left_deals,
    d.timed_deals,
    s.days[1]::numeric as median_days,
    s.days[2]::numeric as p80_days,
    d.won_deals,
    s.won_days[1]::numeric as won_median_days,
    s.won_days[2]::numeric as won_p80_days,
    case when not measures.is_too_few(d.won_deals) then s.won_days[2]::numeric end as won_limit_days,
    d.lost_deals,
    s.lost_days[1]::numeric as lost_median_days,
    s.lost_days[2]::numeric as lost_p80_days,
    s.standing_deals,
    s.standing_timed_deals,
    s.standing_days::numeric as standing_median_days
from stages s
join deals d using (stage)
