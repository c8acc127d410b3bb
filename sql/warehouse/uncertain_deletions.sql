-- Records of which lists alone do not tell whether they are deleted: ones in the list of deletions
-- that were changed after it, or that the list held earlier and holds no more.
select t.id
from crm.{table} t
join staged_deletions d using (id)
where t.modified_time > d.deleted_time
and t.deleted_at is distinct from d.deleted_time
union
select t.id
from crm.{table} t
where t.deleted_at >= %(since)s
and t.deleted_type = 'recycle'
and not exists (select from staged_deletions d where d.id = t.id)
order by 1;
