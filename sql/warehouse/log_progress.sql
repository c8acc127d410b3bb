update crm.sync_logs
set records_read = %(records_read)s, api_calls = %(api_calls)s
where (run_id, module, window_start) = (%(run_id)s, %(module)s, %(window_start)s);
