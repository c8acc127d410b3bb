-- The pages of one window, as Zoho sent them.
create temporary table staged_pages (
    number bigint generated always as identity,
    body jsonb not null
) on commit drop;

create temporary table staged_deletions (
    id text not null,
    kind text not null,
    deleted_time timestamptz not null
) on commit drop;
