-- What a lossless read keeps beside the records: fields, credits, reads that stopped, certificates.

-- Values that change with no edit: a record in which only they differ makes no version.
create function crm.volatile_fields(module_name text) returns text[]
language sql stable as $$
    select array['Record_Image', 'Last_Activity_Time', 'Modified_Time', '$photo_id', '$followed',
        '$followers', '$upcoming_activity', '$editable', '$locked_for_me']
    || coalesce((
        select array_agg(f.api_name)
        from crm.crm_fields f
        where f.module = module_name
        and f.data_type in ('formula', 'rollup_summary', 'profileimage', 'imageupload')
    ), '{}')
$$;

drop function crm.edited_content(jsonb);
create function crm.edited_content(record jsonb, volatile text[]) returns jsonb
language sql immutable parallel safe strict as $$
    select record - volatile
$$;

alter table crm.crm_fields add vanished_at timestamptz;
comment on column crm.crm_fields.vanished_at is
    'When the CRM first named the field no more; null while it has it.';

alter table crm.sync_logs drop constraint sync_logs_status_check;
alter table crm.sync_logs add constraint sync_logs_status_check
    check (status in ('running', 'success', 'paused', 'failed', 'interrupted'));

-- Of reads that stopped for want of API credits: what they had read. The next read of the window
-- leaves it out, and what a complete read covers is forgotten here.
create table crm.paused_reads (
    module text not null references crm.modules,
    read_from timestamptz,
    read_to timestamptz not null,
    run_id text not null,
    paused_at timestamptz not null default now()
);
comment on column crm.paused_reads.read_from is 'Null: from the beginning.';

-- API credits spent, by hour; Zoho gives each back 24 hours after it was spent.
create table crm.api_credits (
    hour timestamptz primary key,
    spent integer not null
);

alter table crm.reconciliations
    add missing integer not null default 0,
    add stale integer not null default 0,
    add extra integer not null default 0,
    add reason text;
comment on column crm.reconciliations.missing is 'Records of the CRM that were not here.';
comment on column crm.reconciliations.stale is 'Records that said something else here.';
comment on column crm.reconciliations.extra is 'Records here that the CRM has no more.';
comment on column crm.reconciliations.reason is 'Why the verdict is refused; null else.';
create index on crm.reconciliations (module, checked_at desc);

-- Deletions are looked up at every read; among a million records they are few.
create function crm.index_deletions(name text) returns void
language plpgsql as $$
begin
    execute format('create index on crm.%I (deleted_at) where deleted_at is not null', name);
end $$;

do $$
declare
    known record;
begin
    for known in select table_name from crm.modules loop
        perform crm.index_deletions(known.table_name);
    end loop;
end $$;

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
end $$;
