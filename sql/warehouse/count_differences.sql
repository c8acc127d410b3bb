-- What a read of everything found to differ, among what an earlier read should have brought here.
-- `since`: up to then the module was known to be read; null where it never was.
select missing, stale, extra
from (
    select
        count(*) filter (where effect = 'inserted') as missing,
        count(*) filter (where effect = 'updated') as stale
    from landed
    where (modified_time >= %(since)s) is not true
) shown
cross join (
    select count(distinct t.id) as extra
    from crm.{table} t
    join staged_deletions d using (id)
    where t.deleted_at is null
    and t.id <> all (%(existing)s)
    and (d.kind = 'missing' or (d.deleted_time >= %(since)s) is not true)
) gone;
