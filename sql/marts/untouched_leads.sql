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
ages (position, age) as (values (1, 'hour'), (2, 'day'), (3, 'week'), (4, 'longer')),
waiting as (
    select measures.wait_class(f.wait_minutes, w.minutes) as age, count(*) as leads
    from measures.waits('-infinity', 'infinity') f
    cross join working_day w
    where f.state = 'waiting'
    group by 1
)
select a.position, a.age, coalesce(w.leads, 0) as leads
from ages a
left join waiting w using (age)
where exists (select from analytics.first_touch)
