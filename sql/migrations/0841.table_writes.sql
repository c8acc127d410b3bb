-- Whether a large table was written to is known without a look at its rows: each statement that
-- writes some leaves a mark, in its own transaction, so that a mark is seen when the rows are.
create table crm.table_writes (
    relation oid not null,
    written_by xid8 not null,
    mark bigint not null,
    primary key (relation, written_by)
);
select crm.protect('crm.table_writes');
comment on table crm.table_writes is
    'One row per watched table and transaction that wrote to it; 0: all that are long over.';
comment on column crm.table_writes.mark is 'A sum of random numbers, one for each statement.';

create function crm.note_write() returns trigger language plpgsql as $$
begin
    if tg_op <> 'TRUNCATE' then
        if not exists (select from written) then
            return null;
        end if;
    end if;
    insert into crm.table_writes as w (relation, written_by, mark)
    values (tg_relid, pg_current_xact_id(), 1000000000000 * random())
    on conflict (relation, written_by) do update set mark = w.mark + excluded.mark;
    return null;
end $$;

create function crm.watch(relation regclass) returns void language plpgsql as $$
begin
    execute format('create trigger note_insert after insert on %s referencing new table as written
        for each statement execute function crm.note_write()', relation);
    execute format('create trigger note_update after update on %s referencing new table as written
        for each statement execute function crm.note_write()', relation);
    execute format('create trigger note_delete after delete on %s referencing old table as written
        for each statement execute function crm.note_write()', relation);
    execute format('create trigger note_truncate after truncate on %s
        for each statement execute function crm.note_write()', relation);
end $$;

select crm.watch('crm.record_versions');
select crm.watch(format('crm.%I', table_name)::regclass) from crm.modules;
-- And the marts that take in changes alone: the others are made anew where something changed.
select crm.watch(c.oid)
from analytics.mart_builds b
join pg_class c on c.oid = to_regclass(format('analytics.%I', b.mart)) and c.relkind = 'r'
where b.fingerprint is not null or b.followed is not null;

-- As before, and watched.
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
    perform crm.watch(format('crm.%I', name)::regclass);
end $$;
