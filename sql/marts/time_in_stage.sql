-- grain: one row per stage in which a live deal stands or stood
-- kind: table
-- key: stage
-- owner: sales operations
-- Of the stays in analytics.stage_stays. Deleted deals are in none. A deal that stood in a stage
-- twice has two stays and counts as one deal. A duration counts only where its beginning is known.
-- Won and lost: what the deal is by now. Percentiles are interpolated (percentile_cont) and null
-- without any stay: the hour of each is found in the numbers of analytics.stage_hours, and it itself
-- among the stays of that hour.
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

with stays as (
    select h.stage, g.fate, h.hours, sum(h.stays)::bigint as stays
    from analytics.stage_hours h
    cross join lateral (values (h.fate), ('left')) g (fate)
    where (h.fate = 'standing') = (g.fate = 'standing')
    group by h.stage, g.fate, h.hours
),
counted as (
    select *, (sum(stays) over so_far)::bigint - stays as before
    from stays
    window so_far as (partition by stage, fate order by hours)
),
-- A percentile is the value that has its share of the others before it, or one between two.
places as materialized (
    select c.stage, c.fate, s.share, p.place, p.weight
    from (select stage, fate, sum(stays) as stays from stays group by stage, fate) c
    cross join (values (0.5), (0.8)) s (share)
    cross join lateral (select s.share * (c.stays - 1) as exact) e
    cross join lateral (values
        (floor(e.exact)::bigint, 1 - e.exact + floor(e.exact)),
        (floor(e.exact)::bigint + 1, e.exact - floor(e.exact))
    ) p (place, weight)
),
placed as (
    select p.*, c.hours, (p.place - c.before)::integer + 1 as place_in_hour
    from places p
    join counted c
        on c.stage = p.stage
        and c.fate = p.fate
        and p.place >= c.before
        and p.place < c.before + c.stays
),
timed as materialized (
    select p.stage, p.fate, p.hours, s.days
    from (select distinct stage, fate, hours from placed) p
    cross join lateral (
        select array_agg(s.days order by s.days) as days
        from analytics.stage_stays s
        where s.hours = p.hours
            and s.stage = p.stage
            and (p.fate in ('standing', 'left') or s.outcome = p.fate)
    ) s
),
stages as (
    select
        stage,
        sum(weight * days[place_in_hour]) filter (where fate = 'left' and share = 0.5)
            as median_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'left' and share = 0.8)
            as p80_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'won' and share = 0.5)
            as won_median_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'won' and share = 0.8)
            as won_p80_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'lost' and share = 0.5)
            as lost_median_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'lost' and share = 0.8)
            as lost_p80_days,
        sum(weight * days[place_in_hour]) filter (where fate = 'standing' and share = 0.5)
            as standing_median_days
    from placed
    join timed using (stage, fate, hours)
    group by stage
)
select
    d.position,
    d.stage,
    d.meaning,
    d.left_deals,
    d.timed_deals,
    s.median_days,
    s.p80_days,
    d.won_deals,
    s.won_median_days,
    s.won_p80_days,
    case when not measures.is_too_few(d.won_deals) then s.won_p80_days end as won_limit_days,
    d.lost_deals,
    s.lost_median_days,
    s.lost_p80_days,
    d.standing_deals,
    d.standing_timed_deals,
    s.standing_median_days
from analytics.stage_deals d
left join stages s using (stage)
