-- What this window has landed so far: one row a record, with what became of it.
create temporary table landed (
    id text primary key,
    modified_time timestamptz,
    effect text not null
) on commit drop;

create temporary table staged_deletions (
    id text not null,
    kind text not null,
    deleted_time timestamptz not null
) on commit drop;

-- The records of a batch, in the order they came; compressing them would cost more than it saves.
create temporary table staged_records (
    place bigint generated always as identity (cache 1000),
    raw_data jsonb not null
) on commit drop;
alter table staged_records alter column raw_data set storage external;
