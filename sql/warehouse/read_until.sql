-- Up to when a module was surely read, whatever its windows: null where it never was.
select max(least(window_end, read_until)) - %(lag)s::interval
from crm.sync_logs
where module = %(module)s and status = 'success' and read_until is not null;
