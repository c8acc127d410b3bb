-- A newer version is never overwritten by an older one; a record seen again is alive again.
insert into crm.{table} as t (id, raw_data)
select id, raw_data
from incoming
where effect <> 'unchanged'
on conflict (id) do update
set raw_data = excluded.raw_data, deleted_at = null, deleted_type = null, synced_at = now();
