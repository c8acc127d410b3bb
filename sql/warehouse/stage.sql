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
