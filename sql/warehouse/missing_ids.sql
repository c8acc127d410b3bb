-- Records that count as living here and that a read of everything has not shown.
select t.id
from crm.{table} t
where t.deleted_at is null
and not exists (select from landed l where l.id = t.id)
and not exists (select from staged_deletions d where d.id = t.id)
order by 1;
