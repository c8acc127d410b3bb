-- grain: one row per live lead since activities are kept: how long it waited for the first touch
-- kind: table
-- key: id
-- owner: sales operations
-- The first touch: the first activity of the lead that took place, be it a call, also one that nobody
-- answered, a meeting or a closed task; an incoming call that was answered counts as one, a note and a
-- missed call do not. What is said to have been before the lead came in counts as at once.
-- state: touched; waiting: open and not touched yet; ended: converted or closed without a touch, at the
-- latest when its present content was written. The wait is known up to until_at.
-- Without calls there is no row: a company that does not read them, or logs none, has no first touch
-- that could be known. Nor is there one for leads older than the first activity in the CRM.
-- figures:
--   weekday (number): ISO day of the week on which the lead came in, 1 Monday to 7
--   hour (number): hour of the day in which it came in, 0 to 23
--   worked_before (number): seconds worked until it came in, as measures.worked gives them
--   wait_minutes (number): minutes of business hours from creation to until_at
--   clock_minutes (number): minutes by the clock from creation to until_at

with calls as (
    select
        min(a.created_time) as known_since
    from analytics.activities a
    where a.module <> 'Notes'
        and exists (
            select from crm.modules m
            join crm.sync_logs s on s.module = m.module and s.status = 'success'
            where m.module = 'Calls' and m.is_configured
        )
        and exists (select from analytics.activities c where c.module = 'Calls')
),
leads as (
    select
        l.id,
        l.source,
        l.owner_id,
        l.owner_name,
        l.meaning,
        l.is_converted,
        l.day,
        r.created_time,
        case when l.meaning in ('converted', 'junk', 'lost')
            then greatest(r.created_time,
                coalesce(r.converted_time, r.content_since, r.modified_time, r.created_time))
        end as ended_at
    from analytics.leads l
    join crm.leads_raw r on r.id = l.id
    join calls c on r.created_time >= c.known_since
    where (select known_since from calls) is not null -- else no lead is read
),
touches as (
    select lead_id, min(at) as at
    from analytics.activities
    where is_touch and lead_id is not null
    group by lead_id
),
waits as (
    select
        l.*,
        greatest(t.at, l.created_time) as first_touch_at,
        t.at is not null and coalesce(t.at <= l.ended_at, true) as is_touched
    from leads l
    left join touches t on t.lead_id = l.id
),
ended as (
    select
        w.*,
        case when w.is_touched then w.first_touch_at else coalesce(w.ended_at, now()) end as until_at
    from waits w
),
worked as (
    select
        e.*,
        e.created_time at time zone o.timezone as came_in,
        measures.worked_seconds(e.created_time,
            f.opens_at, f.closes_at, f.seconds_before, f.previous_closes_at) as worked_before,
        measures.worked_seconds(e.until_at,
            u.opens_at, u.closes_at, u.seconds_before, u.previous_closes_at) as worked_until
    from ended e
    cross join crm.organisation o
    join analytics.business_calendar f on f.day = (e.created_time at time zone o.timezone)::date
    join analytics.business_calendar u on u.day = (e.until_at at time zone o.timezone)::date
)
select
    id,
    source,
    owner_id,
    owner_name,
    meaning,
    is_converted,
    day,
    extract(isodow from came_in)::integer as weekday,
    extract(hour from came_in)::integer as hour,
    created_time,
    case
        when is_touched then 'touched'
        when ended_at is not null then 'ended'
        else 'waiting'
    end as state,
    case when is_touched then first_touch_at end as first_touch_at,
    until_at,
    worked_before,
    measures.minutes(worked_until - worked_before) as wait_minutes,
    measures.minutes(extract(epoch from until_at - created_time)) as clock_minutes
from worked
