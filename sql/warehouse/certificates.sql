-- Certificates of full comparisons with Zoho, in crm.reconciliations.

-- name: save
insert into crm.reconciliations
    (run_id, module, verdict, records_in_crm, records_here, healed, missing, stale, extra, reason)
values (%(run_id)s, %(module)s, %(verdict)s, %(records_in_crm)s, %(records_here)s, %(healed)s,
    %(missing)s, %(stale)s, %(extra)s, %(reason)s)
on conflict (run_id, module) do update
set verdict = excluded.verdict, records_in_crm = excluded.records_in_crm,
    records_here = excluded.records_here, healed = excluded.healed, missing = excluded.missing,
    stale = excluded.stale, extra = excluded.extra, reason = excluded.reason,
    checked_at = now();

-- name: latest
select run_id, module, verdict, records_in_crm, records_here, healed, missing, stale, extra, reason,
    checked_at
from crm.reconciliations
where module = %(module)s
order by checked_at desc
limit 1;

-- name: all_records
-- Two counts from indexes; one over the living records would read the whole table.
select
    (select count(*) from crm.{table})
    - (select count(*) from crm.{table} where deleted_at is not null) as all_records;

-- name: without_converted
select count(*) as without_converted from crm.{table} where deleted_at is null and not {converted};

-- name: without_unapproved
-- Nor those that wait for approval.
select count(*) as without_unapproved
from crm.{table}
where deleted_at is null
and not {converted}
and coalesce(raw_data -> '$approved' <> 'false'::jsonb, true);
