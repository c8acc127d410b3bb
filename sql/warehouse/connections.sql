-- The bound on sessions that is nearest: of the server, the database or the role. None binds a
-- superuser but the server's own.
--   allowed  sessions at a time
--   others   sessions that are there already, without those of the process that asks
with us as (
    select oid, rolsuper, rolconnlimit from pg_roles where rolname = session_user
),
sessions as (
    -- What other roles' sessions are is shown to superusers alone; a database all of them have.
    select datid, usesysid from pg_stat_activity
    where datid is not null and coalesce(backend_type, 'client backend') = 'client backend'
        and application_name is distinct from %(application)s
),
bounds as (
    select
        current_setting('max_connections')::int - case when us.rolsuper then 0 else
            current_setting('superuser_reserved_connections')::int
            + coalesce(current_setting('reserved_connections', true)::int, 0)
        end as allowed,
        (select count(*) from sessions) as others
    from us
    union all
    select datconnlimit, (select count(*) from sessions where datid = pg_database.oid)
    from pg_database cross join us
    where datname = current_database() and datconnlimit >= 0 and not us.rolsuper
    union all
    select rolconnlimit, (select count(*) from sessions where usesysid = us.oid)
    from us
    where rolconnlimit >= 0 and not rolsuper
)
select allowed, others from bounds order by allowed - others limit 1
