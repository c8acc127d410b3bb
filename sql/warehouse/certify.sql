insert into crm.reconciliations
    (run_id, module, verdict, records_in_crm, records_here, healed, missing, stale, extra, reason)
values (%(run_id)s, %(module)s, %(verdict)s, %(records_in_crm)s, %(records_here)s, %(healed)s,
    %(missing)s, %(stale)s, %(extra)s, %(reason)s)
on conflict (run_id, module) do update
set verdict = excluded.verdict, records_in_crm = excluded.records_in_crm,
    records_here = excluded.records_here, healed = excluded.healed, missing = excluded.missing,
    stale = excluded.stale, extra = excluded.extra, reason = excluded.reason,
    checked_at = now();
