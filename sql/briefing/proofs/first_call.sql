-- Whether so many leads of thirty days had no touch within a working day; see glance.sql. Read off the
-- activities, with the hours of each day of the wait added up, where none of them was read last before
-- the end of the day.

-- name: uncalled
with ends as (
    select
        (%(day)s::date + 1)::timestamp at time zone o.timezone as at,
        (
            select min(a.created_time)
            from analytics.activities a
            where a.kind not in ('note', 'email') and not a.is_deleted
        ) as known,
        (
            select avg(extract(epoch from c.closes_at - c.opens_at))
            from analytics.business_calendar c
            where c.closes_at > c.opens_at
        ) as working_day
    from crm.organisation o
    where exists (select from analytics.activities a where a.kind = 'call' and not a.is_deleted)
),
leads as (
    select
        exists (
            select from analytics.activities a
            where a.lead_id = l.id
                and a.is_touch
                and not a.is_deleted
                and a.at < least(e.at, now())
        ) as is_touched,
        l.meaning <> 'open' and l.meaning <> 'qualified'
            and coalesce(r.converted_time, r.content_since, r.modified_time, r.created_time) < e.at
            as is_over,
        (
            select sum(extract(epoch from least(c.closes_at, e.at)
                - greatest(c.opens_at, r.created_time)))
            from analytics.business_calendar c
            where c.opens_at < e.at and c.closes_at > r.created_time
        ) > e.working_day as is_long
    from analytics.leads l
    join crm.leads_raw r on r.id = l.id
    join ends e on r.created_time >= e.known
    where %(day)s::date - l.day between 0 and 29
)
-- In the order of what each costs: the days of the wait are added up where the rest is so.
select count(*) = %(of)s and %(n)s >= 3 and %(since)s + 29 = %(day)s::date
    and count(*) filter (where not is_over and not is_touched and is_long) = %(n)s
    and not exists (
        select from crm.modules m
        cross join ends e
        cross join lateral (
            select
                (array_agg(s.status order by s.started_at desc))[1] as status,
                max(s.finished_at) filter (where s.status = 'success') as read_at
            from crm.sync_logs s
            where s.module = m.module and s.status <> 'running'
        ) s
        where m.module in ('Calls', 'Events', 'Tasks') and m.is_configured
            and s.status <> 'success' and s.read_at < e.at
    )
from leads
