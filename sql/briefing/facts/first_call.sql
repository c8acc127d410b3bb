-- stances: uncalled
-- Leads of the thirty days up to the day that by its end had waited longer than a working day, in
-- business hours, for the first touch: as measures.waits has it, where calls are read, and whatever
-- else is a touch was read since the end of the day. Three at least.

with ends as (
    select (%(day)s::date + 1)::timestamp at time zone o.timezone as at from crm.organisation o
),
business as materialized ( -- else it is worked out for each lead
    select
        e.at,
        measures.worked(e.at) as worked,
        measures.working_day_minutes() as working_day
    from ends e
),
leads as (
    select
        f.state = 'waiting' or f.until_at >= b.at as is_waiting,
        measures.minutes(b.worked - f.worked_before) > b.working_day as is_long
    from measures.waits(%(day)s::date - 29, %(day)s::date) f
    cross join business b
)
select
    'uncalled' as stance,
    '' as subject,
    %(day)s::date - 29 as first_day,
    0::numeric as weight,
    count(*) filter (where is_waiting and is_long) as n,
    count(*) as "of",
    %(day)s::date - 29 as since
from leads
where not exists (
    select from analytics.unknown u
    cross join ends e
    where u.mart = 'first_touch' and u.state = 'stopped' and u.since < e.at
)
having count(*) filter (where is_waiting and is_long) >= 3
