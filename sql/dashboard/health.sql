-- grain: one row
-- What the cards of AI & System Health say. checks: those of the last 14 days; older ones are of
-- assets that are gone. certificates: the newest of each module. reached: readers whom every
-- part of the newest briefing was delivered to, by one channel; sent counts where it says no more. modules: those that are read; null is all.

with checks as (
    select *
    from analytics.check_results
    where checked_at > (select max(checked_at) from analytics.check_results) - interval '14 days'
),
certificates as (
    select distinct on (module) module, verdict, checked_at
    from crm.reconciliations
    where (%(modules)s::text[] is null or module = any(%(modules)s))
    order by module, checked_at desc
),
modules as (
    select module, max(finished_at) filter (where status = 'success') as last_complete
    from crm.sync_logs
    where (%(modules)s::text[] is null or module = any(%(modules)s))
    group by module
),
newest as (
    select max(day) as day from analytics.ai_briefings_log
),
forms as (
    select
        d.reader,
        count(*) filter (
            where d.status in ('delivered', 'read') or d.status = 'sent' and not d.confirms
        ) = max(d.parts) as is_reached
    from analytics.deliveries d
    join newest n using (day)
    where d.briefing_id is not null
    group by d.reader, d.channel, d.form
),
readers as (
    select reader, bool_or(is_reached) as is_reached from forms group by reader
)
select
    (select count(*) from modules) as modules,
    (select min(last_complete) from modules) at time zone o.timezone as last_complete,
    c.checks,
    c.errors,
    c.warnings,
    c.checked_at at time zone o.timezone as checked_at,
    r.certificates,
    r.refused,
    r.oldest_certificate at time zone o.timezone as oldest_certificate,
    n.day as briefing_day,
    (select count(*) from readers) as readers,
    (select count(*) from readers where is_reached) as reached
from crm.organisation o
cross join newest n
cross join (
    select
        count(*) as checks,
        count(*) filter (where not passed and severity = 'error') as errors,
        count(*) filter (where not passed and severity = 'warn') as warnings,
        max(checked_at) as checked_at
    from checks
) c
cross join (
    select
        count(*) as certificates,
        count(*) filter (where verdict = 'refused') as refused,
        min(checked_at) as oldest_certificate
    from certificates
) r
