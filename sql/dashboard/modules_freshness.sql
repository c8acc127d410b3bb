-- grain: one row per module that was read at least once, and still is
-- last_complete: when the newest complete read ended; certificate: the newest full comparison with
-- the CRM, null before the first.

with newest as (
    select distinct on (module) module, status, error
    from crm.sync_logs
    where (%(modules)s::text[] is null or module = any(%(modules)s))
    order by module, started_at desc
),
complete as (
    select module, max(finished_at) as last_complete
    from crm.sync_logs
    where status = 'success'
    group by module
),
certified as (
    select distinct on (module) module, verdict, checked_at
    from crm.reconciliations
    order by module, checked_at desc
)
select
    n.module,
    n.status,
    c.last_complete at time zone o.timezone as last_complete,
    r.verdict as certificate,
    r.checked_at at time zone o.timezone as certified,
    n.error
from newest n
left join complete c using (module)
left join certified r using (module)
cross join crm.organisation o
order by n.module
