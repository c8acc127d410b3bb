-- Called with the module's lock held: no other process can be in a window that is still open.
update crm.sync_logs
set status = 'interrupted', finished_at = now(), error = 'The process ended before the window did.'
where module = %(module)s and status = 'running' and run_id <> %(run_id)s;
