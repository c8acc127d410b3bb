-- Who holds a lock on any of these relations, but for this session: a line each.
select distinct
    format('process %%s of %%s (%%s) in a transaction since %%s', a.pid, a.usename,
        coalesce(nullif(a.application_name, ''), 'no name'),
        to_char(a.xact_start, 'HH24:MI:SS TZ'))
from unnest(%(relations)s::text[]) r (name)
join pg_locks l on l.relation = to_regclass(r.name)
join pg_stat_activity a on a.pid = l.pid
where l.granted and l.pid <> pg_backend_pid()
order by 1
