select run_id, module, verdict, records_in_crm, records_here, healed, missing, stale, extra, reason,
    checked_at
from crm.reconciliations
where module = %(module)s
order by checked_at desc
limit 1;
