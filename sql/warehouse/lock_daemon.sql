-- Takes the lock of the one daemon for this session, and says who has it where it is taken.
with holder as (
    select format('on %s since %s', coalesce(host(a.client_addr), 'this machine'),
        to_char(a.backend_start, 'DD Mon HH24:MI TZ')) as said
    from pg_locks l
    join pg_stat_activity a using (pid)
    where l.locktype = 'advisory'
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid, l.objid, l.objsubid) = (6016, 1, 2)
        and l.granted
        and l.pid <> pg_backend_pid()
    limit 1
)
select pg_try_advisory_lock(6016, 1), (select said from holder)
