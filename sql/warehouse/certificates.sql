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

-- name: count_live_records
-- The living records of a module, as Zoho may count them: all, without the converted ones, and
-- without those that wait for approval too.
select
    count(*) as all_records,
    count(*) filter (where not converted) as without_converted,
    count(*) filter (where not converted and approved) as without_unapproved
from (
    select
        coalesce(raw_data -> '$converted' = 'true'::jsonb, false) as converted,
        coalesce(raw_data -> '$approved' <> 'false'::jsonb, true) as approved
    from crm.{table}
    where deleted_at is null
) living;
