-- stances: uncalled
-- Leads of the thirty days up to the day that by its end had waited longer than a working day, in
-- business hours, for the first touch: as analytics.first_touch has it, where calls are read. Three
-- at least.

with ends as (
    select
        (%(day)s::date + 1)::timestamp at time zone o.timezone as at
    from crm.organisation o
),
leads as (
    select
        f.state = 'waiting' or f.until_at >= e.at as is_waiting,
        measures.minutes(measures.worked(e.at) - f.worked_before)
            > measures.working_day_minutes() as is_long
    from analytics.first_touch f
    cross join ends e
    where f.day between %(day)s::date - 29 and %(day)s
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
having count(*) filter (where is_waiting and is_long) >= 3
