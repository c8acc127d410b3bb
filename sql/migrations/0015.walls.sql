-- A second wall behind the private schemas: even a role that was given rights on everything reads no
-- row, unless it is the owner or aha_reader. Supabase, for one, gives its web roles such rights by
-- default where a schema is exposed.

-- Let the owner and aha_reader read a table, and nobody else. Marts that are built anew call it too.
create function crm.protect(relation regclass) returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', relation);
    execute format('create policy reader on %s for select to aha_reader using (true)', relation);
end $$;

-- As before, and protected.
create or replace function crm.ensure_module(module_name text, name text) returns void
language plpgsql as $$
begin
    if exists (select from crm.modules m where m.module = module_name) then
        return;
    end if;
    insert into crm.modules (module, table_name) values (module_name, name);
    execute format($ddl$
        create table crm.%I (
            id text primary key,
            owner_id text generated always as (raw_data #>> '{Owner,id}') stored,
            owner_name text generated always as (raw_data #>> '{Owner,name}') stored,
            created_time timestamptz
                generated always as (crm.to_time(raw_data ->> 'Created_Time')) stored,
            modified_time timestamptz
                generated always as (crm.to_time(raw_data ->> 'Modified_Time')) stored,
            deleted_at timestamptz,
            deleted_type text,
            synced_at timestamptz not null default now(),
            raw_data jsonb not null
        )$ddl$, name);
    execute format('create index on crm.%I (modified_time)', name);
    perform crm.index_deletions(name);
    perform crm.protect(format('crm.%I', name)::regclass);
end $$;

do $$
declare
    known record;
begin
    for known in
        select oid::regclass as relation from pg_class
        where relnamespace = 'analytics'::regnamespace and relkind = 'v'
    loop
        execute format('alter view %s set (security_invoker = true)', known.relation);
    end loop;
    -- From PostgreSQL 16 on, who creates a role is a member of it but may not act as it.
    if current_setting('server_version_num')::integer >= 160000 then
        if not pg_has_role(current_user, 'aha_reader', 'set') then
            execute format('grant aha_reader to %I', current_user);
        end if;
    end if;
end $$;
