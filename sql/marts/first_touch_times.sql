-- grain: one row per group of the leads of the last 90 days: all, source, owner, weekday or hour
-- kind: table
-- key: dimension, value
-- owner: sales operations
-- Leads created in the 90 days before today or today, deleted ones excluded. dimension, value: all
-- (''), source, owner (its id), weekday (1 Monday to 7) and hour (0 to 23) in which they came in.
-- figures:
--   leads (count): leads that came in
--   touched (count): those that were touched, as in analytics.first_touch
--   waiting (count): those that are open and wait for the first touch
--   ended (count): those that were converted or closed without a touch
--   median_minutes (number): business minutes after which half were touched, by the estimate of Kaplan
--     and Meier, which takes those that wait into account; null while fewer than half are
--   within_hour_pct (percent): share touched within 60 business minutes, by the same estimate

with today as (
    select (now() at time zone o.timezone)::date as day from crm.organisation o
)
select f.*
from today t
cross join lateral measures.first_touch(t.day - 90, t.day) f
