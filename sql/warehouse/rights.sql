-- What roles may do: walls around the tables, and the rights that the pipeline needs.

-- name: protect_all
-- Every table of ours that has no wall yet, whichever program made it: Dagster's and yoyo's too. Those
-- of crm and analytics are read by aha_reader as well, the others by their owner alone.
do $$
declare
    bare record;
begin
    for bare in
        select oid::regclass as relation,
            relnamespace::regnamespace::text in ('crm', 'analytics') as is_shown
        from pg_class
        where relnamespace in (
                select oid from pg_namespace
                where nspname in ('crm', 'analytics', 'dagster', 'aha_migrations', 'aha_private'))
            and relkind = 'r'
            and not relrowsecurity
            and pg_has_role(relowner, 'usage')
            -- Of a schema that is to be migrated yet, its migrations build the walls.
            and to_regprocedure('crm.protect(regclass)') is not null
    loop
        if bare.is_shown then
            perform crm.protect(bare.relation);
        else
            execute format('alter table %s enable row level security', bare.relation);
        end if;
    end loop;
end $$

-- name: missing
-- What the present role may not do and the pipeline has to, in words that follow "may not".
select what
from (
    values
        (1, 'create schemas in this database',
            has_database_privilege(current_database(), 'create')),
        (2, 'create tables in the schema crm',
            coalesce(has_schema_privilege(to_regnamespace('crm'), 'create'), true)),
        (3, 'create tables in the schema analytics',
            coalesce(has_schema_privilege(to_regnamespace('analytics'), 'create'), true)),
        (4, 'change the tables of crm, which another role owns',
            not exists (
                select from pg_class
                where relnamespace = to_regnamespace('crm') and relkind = 'r'
                    and not pg_has_role(relowner, 'usage'))),
        (5, 'create the role aha_reader',
            exists (select from pg_roles where rolname = 'aha_reader')
                or (select rolsuper or rolcreaterole from pg_roles where rolname = current_user)),
        (6, 'act as the role aha_reader',
            not exists (select from pg_roles where rolname = 'aha_reader')
                or (select pg_has_role(oid, 'member') from pg_roles where rolname = 'aha_reader'))
) as needed (position, what, is_allowed)
where not is_allowed
order by position

-- name: beyond_reading
-- What the present role may do that a login of the dashboard must not, in words that follow "may".
select what
from (
    values
        (1, 'do all, as a superuser', (select rolsuper from pg_roles where rolname = current_user)),
        (2, 'pass row-level security by',
            (select rolbypassrls from pg_roles where rolname = current_user)),
        (3, 'make roles', (select rolcreaterole from pg_roles where rolname = current_user)),
        (4, 'make objects in the schemas',
            coalesce(has_schema_privilege(to_regnamespace('crm'), 'create'), false)
            or coalesce(has_schema_privilege(to_regnamespace('analytics'), 'create'), false)),
        (5, 'write records or figures', exists (
            select from pg_class
            where relnamespace in (to_regnamespace('crm'), to_regnamespace('analytics'))
                and relkind = 'r'
                and relname <> 'work_list_marks'
                and has_table_privilege(oid, 'insert, update, delete, truncate'))),
        (6, 'enter the schema aha_private',
            coalesce(has_schema_privilege(to_regnamespace('aha_private'), 'usage'), false))
) as found (position, what, is_allowed)
where is_allowed
order by position
