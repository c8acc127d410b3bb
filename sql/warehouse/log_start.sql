insert into crm.sync_logs (run_id, module, window_start, window_end, status)
values (%(run_id)s, %(module)s, %(window_start)s, %(window_end)s, 'running')
on conflict (run_id, module, window_start) do update
set status = 'running', records_read = 0, api_calls = 0, started_at = now(),
    finished_at = null, error = null, window_end = excluded.window_end;
