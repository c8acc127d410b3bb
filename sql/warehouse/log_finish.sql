update crm.sync_logs
set status = %(status)s, records_read = %(records_read)s, inserted = %(inserted)s,
    updated = %(updated)s, unchanged = %(unchanged)s, deleted = %(deleted)s,
    api_calls = %(api_calls)s, read_until = %(read_until)s, error = %(error)s,
    finished_at = clock_timestamp()
where (run_id, module, window_start) = (%(run_id)s, %(module)s, %(window_start)s);
