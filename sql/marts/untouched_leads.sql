-- grain: one row per age of the open leads that wait for the first touch now
-- kind: table
-- key: age
-- owner: sales operations
-- age: by business hours: hour (up to 60 minutes), day (up to a working day), week (up to six of
-- them), longer. All four are there where activities are known, and none where they are not.
-- figures:
--   leads (count): open leads of that age without a touch, as in analytics.first_touch

with working_day as materialized ( -- else it is worked out for each lead
    select measures.working_day_minutes() as minutes
),
present as materialized (
    select measures.worked(now()) as worked
),
-- The first day not all of whose leads are of the longest age.
young as (
    select min(c.day) as since
    from analytics.business_calendar c
    cross join working_day w
    cross join present p
    where measures.wait_class(
        measures.minutes(p.worked - c.seconds_before - c.worked_seconds), w.minutes) <> 'longer'
),
ages (position, age) as (values (1, 'hour'), (2, 'day'), (3, 'week'), (4, 'longer')),
waiting as (
    select measures.wait_class(f.wait_minutes, w.minutes) as age, count(*) as leads
    from young y
    cross join working_day w
    cross join lateral measures.waits(y.since, 'infinity') f
    where f.state = 'waiting'
    group by 1
    union all
    select 'longer', sum(f.leads)
    from young y
    cross join lateral measures.waits_over('-infinity', y.since - 1) f
    where f.wait is null
)
select a.position, a.age, coalesce(sum(w.leads), 0)::bigint as leads
from ages a
left join waiting w using (age)
group by a.position, a.age
having exists (select from analytics.first_touch)
