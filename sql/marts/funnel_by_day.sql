-- grain: one row per day and step, as of the day's end, up to today
-- kind: daily
-- key: day, position
-- owner: sales operations
-- Where every record stood at the end of a day: analytics.funnel as it was then, from what the
-- records said on that day (analytics.daily_changes). Records deleted later still count. A deal
-- whose first known content is a closed one stood at a stage that is not known until it closed.
-- figures:
--   records (count): leads or deals that stood on the step at the end of the day
--   value (money): sum of Amount of the deals; null for leads
--   weighted_value (money): sum of Amount times probability of the deals; null for leads

with days as (
    select generate_series(
        %(first_day)s::timestamp,
        least(%(last_day)s::date, (now() at time zone o.timezone)::date)::timestamp,
        interval '1 day'
    )::date as day
    from crm.organisation o
),
steps as (
    select distinct entity, position, step, meaning
    from analytics.daily_changes
),
changed as (
    select
        greatest(day, %(first_day)s::date) as day,
        entity,
        position,
        step,
        meaning,
        sum(records) as records,
        sum(value) as value,
        sum(weighted_value) as weighted_value
    from analytics.daily_changes
    group by 1, 2, 3, 4, 5
),
stocks as (
    select
        day,
        s.entity,
        s.position as place,
        s.step,
        s.meaning,
        (sum(c.records) over so_far)::bigint as records,
        case when s.entity = 'deal' then coalesce(sum(c.value) over so_far, 0) end as value,
        case when s.entity = 'deal' then coalesce(sum(c.weighted_value) over so_far, 0) end
            as weighted_value
    from days
    cross join steps s
    left join changed c using (day, entity, position, step, meaning)
    window so_far as (partition by s.entity, s.position, s.step, s.meaning order by day)
)
select
    day,
    row_number() over (partition by day order by entity desc, place, step = '(none)', step) as position,
    entity,
    step,
    meaning,
    records,
    value,
    weighted_value
from stocks
where records <> 0
