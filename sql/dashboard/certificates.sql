-- grain: one row per certificate of a module, the newest 100

select
    r.module,
    r.verdict,
    r.checked_at at time zone o.timezone as checked_at,
    r.records_in_crm,
    r.records_here,
    r.healed,
    r.missing,
    r.stale,
    r.extra,
    r.reason
from crm.reconciliations r
cross join crm.organisation o
order by r.checked_at desc, r.module
limit 100
