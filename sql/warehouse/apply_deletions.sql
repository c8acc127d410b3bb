-- A deleted record keeps its last values. One that the CRM still shows is none.
update crm.{table} t
set deleted_at = d.deleted_time, deleted_type = d.kind, synced_at = clock_timestamp()
from (
    select distinct on (id) id, kind, deleted_time
    from staged_deletions
    order by id, deleted_time desc
) d
where t.id = d.id
and t.id <> all (%(existing)s)
and (t.deleted_at, t.deleted_type) is distinct from (d.deleted_time, d.kind);
