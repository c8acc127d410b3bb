-- The history that Zoho kept of its records before they were first read here: landed as it was sent,
-- and how far it has been read.

create table crm.record_history (
    module text not null references crm.modules,
    record_id text not null,
    way text not null check (way in ('timeline', 'stage_tracker')),
    entry_id text not null,
    audited_time timestamptz not null,
    raw_data jsonb not null,
    read_at timestamptz not null default now(),
    primary key (module, way, entry_id)
);
create index on crm.record_history (module, record_id);
comment on table crm.record_history is
    'What Zoho''s own history says of a record: one row an entry, as it was sent. A row is added once '
    'and stays as it is.';
comment on column crm.record_history.module is 'Of the record; not of the tracker.';
comment on column crm.record_history.way is
    'timeline: an entry of the record''s __timeline; stage_tracker: a row of the module that tracks a '
    'picklist of this one, such as DealHistory: one stay in one stage.';
comment on column crm.record_history.entry_id is 'Zoho''s id of the entry or the row.';
comment on column crm.record_history.audited_time is
    'When it happened; of a tracker''s row, when the stage was entered.';

create table crm.record_history_reads (
    module text not null references crm.modules,
    record_id text not null,
    way text not null check (way in ('timeline', 'stage_tracker')),
    complete boolean not null,
    reaches_back_to timestamptz,
    credits integer,
    read_at timestamptz not null default now(),
    problem text,
    primary key (module, record_id, way)
);
comment on table crm.record_history_reads is
    'Of which records the history has been read, by each way. No row: not read yet.';
comment on column crm.record_history_reads.complete is
    'All that Zoho holds of it is in record_history; false: a part, and problem says why.';
comment on column crm.record_history_reads.reaches_back_to is
    'From when on it is known: Created_Time of the record where its creation is in it, else the time '
    'of the earliest entry; null: nothing is known of it.';
comment on column crm.record_history_reads.credits is
    'API credits that it cost; null where many records came by one call.';

do $$
begin
    perform crm.protect(format('crm.%I', name)::regclass)
    from unnest(array['record_history', 'record_history_reads']) name;
end $$;
