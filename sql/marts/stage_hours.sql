-- grain: one row per stage, what became of the deals in it, and whole hours that they stood there
-- kind: incremental
-- strategy: merge
-- key: position, stage, meaning, fate, hours
-- owner: sales operations
-- Of the stays of live deals whose beginning is known. fate: standing, where the deal still stands in
-- the stage; else what the deal is by now, open, won or lost. So a percentile is found among the stays
-- of one hour, whatever the number of all.
-- figures:
--   hours (number): as in analytics.deal_stays
--   stays (count): stays that ended in that hour, or began in it

select
    position,
    stage,
    meaning,
    case when is_standing then 'standing' else outcome end as fate,
    hours,
    count(*) as stays
from analytics.deal_stays
where hours is not null
group by 1, 2, 3, 4, 5
