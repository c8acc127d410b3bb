-- grain: one row per day from the day before the first lead to the end of next year
-- kind: table
-- key: day
-- owner: sales operations
-- When the company worked, in the organisation's time zone: its business hours and holidays as
-- crm.business_hours and crm.holidays have them; around the clock where nobody says.
-- opens_at, closes_at: null on a day that is not worked. Hours that end after midnight end on the next
-- day, but not later than that day's begin. hours_by: zoho, file or nobody.
-- figures:
--   worked_seconds (number): seconds worked on the day; where clocks change, as many as there were
--   seconds_before (number): seconds worked on all days of the calendar before this one

with span as (
    select
        o.timezone,
        coalesce((select min(day) from analytics.lead_history),
            (now() at time zone o.timezone)::date) - 1 as first_day,
        -- The same for a year, so that what reads the calendar is not rebuilt each day.
        (date_trunc('year', now() at time zone o.timezone) + interval '2 years')::date - 1 as last_day
    from crm.organisation o
),
known as (
    select min(told_by) as told_by from crm.business_hours
),
hours as (
    select
        s.timezone,
        d.day::date as day,
        case when h.day is not null then null when k.told_by is null then '00:00'::time else b.opens
        end as opens,
        case when k.told_by is null then '24:00'::time else b.closes end as closes,
        coalesce(k.told_by, 'nobody') as hours_by
    from span s
    cross join known k
    cross join lateral generate_series(s.first_day, s.last_day, interval '1 day') d (day)
    left join crm.holidays h on h.day = d.day::date
    left join crm.business_hours b on b.weekday = extract(isodow from d.day)
),
instants as (
    select
        day,
        hours_by,
        (day + opens) at time zone timezone as opens_at,
        (day + closes + case when closes <= opens then interval '1 day' else interval '0' end)
            at time zone timezone as told_until
    from hours
),
cut as (
    select
        day,
        hours_by,
        opens_at,
        least(told_until, lead(opens_at) over (order by day)) as closes_at
    from instants
)
select
    day,
    hours_by,
    opens_at,
    case when opens_at is not null then closes_at end as closes_at,
    case when opens_at is null then 0 else extract(epoch from closes_at - opens_at) end
        as worked_seconds,
    coalesce(sum(extract(epoch from closes_at - opens_at))
        over (order by day rows between unbounded preceding and 1 preceding), 0) as seconds_before,
    lag(case when opens_at is not null then closes_at end) over (order by day)
        as previous_closes_at
from cut
