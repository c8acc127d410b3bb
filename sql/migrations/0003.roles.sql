-- The dashboard reads with aha_reader, which can write nothing. On Supabase the roles anon and
-- authenticated get no right at all, because both schemas are private.

do $$
begin
    if not exists (select from pg_roles where rolname = 'aha_reader') then
        create role aha_reader nologin;
    end if;
    if not pg_has_role(current_user, 'aha_reader', 'member') then
        execute format('grant aha_reader to %I', current_user);
    end if;
end $$;

grant usage on schema crm, analytics to aha_reader;
grant select on all tables in schema crm, analytics to aha_reader;
alter default privileges in schema crm grant select on tables to aha_reader;
alter default privileges in schema analytics grant select on tables to aha_reader;
