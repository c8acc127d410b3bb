-- grain: one row per live lead since activities are kept: its first touch, and when it ended
-- kind: incremental
-- strategy: delete+insert
-- keeps: changes
-- key: id
-- index: day, first_touch_at
-- owner: sales operations
-- The first touch: the first activity of the lead that took place, be it a call, also one that nobody
-- answered, a meeting, a closed task or an e-mail that a person sent; an incoming call that was answered
-- counts as one, a note, a missed call and an e-mail that came in do not. What is said to have been
-- before the lead came in counts as at once. Of a lead whose e-mails were not read it is as if there
-- were none: measures.emails_read says of how many they were.
-- first_touch_at lies ahead where nothing but a meeting is planned. ended_at: when the lead was
-- converted or closed, at the latest when its present content was written. How long it waited, and
-- whether it still waits, moves with the clock: measures.waits.
-- Without calls there is no row: a company that does not read them, or logs none, has no first touch
-- that could be known. Nor is there one for leads older than the first activity in the CRM.
-- figures:
--   weekday (number): ISO day of the week on which the lead came in, 1 Monday to 7
--   hour (number): hour of the day in which it came in, 0 to 23
--   worked_before (number): seconds worked until it came in, as measures.worked gives them
--   wait_minutes (number): minutes of business hours from then to the first touch, or else to its
--     end; null where it has neither, and where that lies behind the calendar
--   wait_key (number): the same as measures.wait_key has it; where it has neither, what is to be
--     added to the key of all that is worked until now

with leads as (
    select
        h.id,
        h.source,
        h.owner_id,
        h.meaning,
        h.is_converted,
        h.day,
        r.created_time,
        r.created_time at time zone o.timezone as came_in,
        case when h.meaning in ('converted', 'junk', 'lost')
            then greatest(r.created_time,
                coalesce(r.converted_time, r.content_since, r.modified_time, r.created_time))
        end as ended_at
    from analytics.lead_history h
    join crm.leads_raw r on r.id = h.id
    join analytics.first_touch_since s on r.created_time >= s.known_since
    cross join crm.organisation o
    where h.is_present and not h.is_deleted
),
touches as (
    select lead_id, min(at) as at
    from analytics.activities
    where is_touch and not is_deleted and lead_id is not null
    group by lead_id
),
touched as (
    select
        l.*,
        case when t.at is not null and coalesce(t.at <= l.ended_at, true)
            then greatest(t.at, l.created_time) end as first_touch_at
    from leads l
    left join touches t on t.lead_id = l.id
)
select
    t.id,
    t.source,
    t.owner_id,
    t.meaning,
    t.is_converted,
    t.day,
    extract(isodow from t.came_in)::integer as weekday,
    extract(hour from t.came_in)::integer as hour,
    t.created_time,
    t.first_touch_at,
    t.ended_at,
    w.worked_before,
    m.wait_minutes,
    case
        when t.first_touch_at is not null then measures.wait_key(m.wait_minutes, 'touched')
        when t.ended_at is not null then measures.wait_key(m.wait_minutes, 'ended')
        else measures.wait_key(measures.minutes(-w.worked_before), 'waiting')
    end as wait_key
from touched t
cross join crm.organisation o
join analytics.business_calendar f on f.day = t.came_in::date
cross join lateral (
    select measures.worked_seconds(t.created_time,
        f.opens_at, f.closes_at, f.seconds_before, f.previous_closes_at) as worked_before
) w
left join analytics.business_calendar u
    on u.day = (coalesce(t.first_touch_at, t.ended_at) at time zone o.timezone)::date
cross join lateral (
    select measures.minutes(measures.worked_seconds(
        coalesce(t.first_touch_at, t.ended_at),
        u.opens_at, u.closes_at, u.seconds_before, u.previous_closes_at
    ) - w.worked_before) as wait_minutes
) m
