-- grain: one row per day of lead creation, length of the wait for the first touch, and conversion
-- kind: incremental
-- strategy: merge
-- key: day, wait, is_converted
-- owner: sales operations
-- The leads of analytics.first_touch, counted by what does not move with the clock: a first touch that
-- lies ahead counts as if it had been. measures.waits_over takes that back.
-- wait: as measures.wait_over has it; null for those that still wait.
-- figures:
--   leads (count): leads created on the day, with that wait

with working_day as materialized ( -- else it is worked out for each lead
    select measures.working_day_minutes() as minutes
)
select
    f.day,
    measures.wait_over(f.first_touch_at is not null, f.ended_at, f.wait_minutes, w.minutes) as wait,
    f.is_converted,
    count(*) as leads
from analytics.first_touch f
cross join working_day w
group by 1, 2, 3
