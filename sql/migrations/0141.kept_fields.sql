-- A field that is in no answer any more is lost rights, not lost values: what was there is kept.

do $$
declare
    known record;
begin
    for known in select table_name from crm.modules loop
        execute format('alter table crm.%I add kept_fields text[]', known.table_name);
    end loop;
end $$;

-- As before, and with kept_fields: those whose value is from before the record's last answer, which
-- no longer had them. raw_data without them is what Zoho sent.
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
            raw_data jsonb not null,
            content_since timestamptz,
            kept_fields text[]
        )$ddl$, name);
    execute format('create index on crm.%I (modified_time)', name);
    perform crm.index_deletions(name);
    perform crm.protect(format('crm.%I', name)::regclass);
end $$;

-- The fields of a stored record that an answer does not have; null where it has all. Zoho sends a
-- value that was cleared as null. Its own members, which begin with $, come and go.
create function crm.missing_fields(stored jsonb, sent jsonb) returns text[]
language sql immutable parallel safe strict as $$
    select case when stored || sent <> sent then (
        select array_agg(key order by key)
        from jsonb_object_keys(stored) as key
        where key not like '$%' and not sent ? key
    ) end
$$;

-- The members of a record that are named.
create function crm.only_fields(record jsonb, names text[]) returns jsonb
language sql immutable parallel safe strict as $$
    select coalesce(jsonb_object_agg(key, value), '{}')
    from jsonb_each(record)
    where key = any(names)
$$;
