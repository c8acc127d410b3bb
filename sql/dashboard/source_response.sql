-- grain: one row per source of leads created in the last 30 whole days, most leads first
-- As analytics.source_response has them, of all owners; first_day and last_day: those days.

select
    source,
    first_day,
    last_day,
    leads,
    contacted_leads,
    contacted_pct,
    leads - contacted_leads as waiting_leads,
    median_days,
    timed_leads
from analytics.source_response
where %(sources)s::text[] is null or source = any(%(sources)s)
order by leads desc, source
