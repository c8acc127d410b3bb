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

-- The pages of a batch, as they came; compressing them would cost more than it saves.
create temporary table staged_pages (
    number bigint generated always as identity,
    body text not null
) on commit drop;
alter table staged_pages alter column body set storage external;
