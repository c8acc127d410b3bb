-- The mart engine: what to replace, and the log of builds and refreshes.

-- name: contiguous_range
-- The range of all days that any daily mart holds, and of those asked for. What landed late has to
-- reach each mart on each of its days, also those that a backfill filled apart from the rest: the days
-- between are filled with them.
with days as (
    {held}
    union
    select day
    from (values (%(first_day)s::date), (%(last_day)s::date)) asked (day)
)
select min(day), max(day)
from days;

-- name: is_built
-- Whether a mart was built with this fingerprint.
select exists (
    select from analytics.mart_builds where mart = %(mart)s and fingerprint = %(fingerprint)s
)

-- name: watermark
-- From when on records may be newer than a mart. Landings of one module follow each other, so none that
-- is still to come holds an earlier synced_at than one that has been committed; the five minutes are
-- for a clock that was set back. What a mart has of them as it landed is not taken in again.
select max(synced_at) - interval '5 minutes' from {table}

-- name: told_names
-- What Zoho's own history of records is read with: an owner is found by name there, and an option that
-- is shown by one name and kept by another is not readable. Null where no history was read.
select case when exists (select from crm.record_history) then md5(concat_ws(
    ';',
    (
        select string_agg(concat_ws(',', owner_id, owner_name), ';' order by owner_id)
        from analytics.owners
    ),
    (
        select string_agg(concat_ws(',', module, api_name, picklist), ';' order by module, api_name)
        from crm.crm_fields
        where module in ('Leads', 'Deals')
            and api_name in ('Lead_Source', 'Lead_Status', 'Stage')
    )
)) end

-- name: records_added
-- How many records came into these tables since they are watched, less those that went.
select coalesce(sum(added), 0)::bigint from crm.table_writes where relation = any(%(tables)s::regclass[])

-- name: write_differences
-- Write what a select gives to a table that has the same columns and a key: rows that are not there
-- byte by byte as the select gives them are deleted, and its own inserted, in this order. Returns how
-- many rows the select gives, how many were there, and how many were deleted and inserted.
with made as materialized (
    select new_row as made, true as is_made, {key} from (
{select}
    ) new_row
),
held as (select old_row.ctid as place, old_row as held, {key} from {table} old_row {where}),
different as materialized (
    select place, made, is_made
    from held
    full join made using ({key})
    where (made *= held) is not true
),
deleted as (
    delete from {table}
    where ctid = any(array(select place from different where place is not null))
    returning 1
),
inserted as (
    insert into {table}
    select (made).* from different where is_made and (select count(*) from deleted) >= 0
    returning 1
)
select
    (select count(*) from made),
    (select count(*) from {table} {where}),
    (select count(*) from deleted),
    (select count(*) from inserted)

-- name: watch
select crm.watch({name}) where not exists (
    select from pg_trigger where tgrelid = {name}::regclass and tgname = 'note_insert'
)

-- name: save_build
insert into analytics.mart_builds (mart, fingerprint, records_added)
values (%(mart)s, %(fingerprint)s, %(records_added)s)
on conflict (mart) do update
set fingerprint = excluded.fingerprint, records_added = excluded.records_added

-- name: save_refresh
-- Note that a mart was brought up to date now.
insert into analytics.mart_refreshes (mart, kind, rows)
values (%(mart)s, %(kind)s, %(rows)s)
on conflict (mart) do update
set kind = excluded.kind, rows = excluded.rows, refreshed_at = excluded.refreshed_at

-- name: views
select relname::text
from pg_class
where relnamespace = %(schema)s::regnamespace and relkind = 'v'

-- name: indexes
-- The columns of each index of a relation, in their order.
select array(
    select a.attname::text
    from unnest(i.indkey) with ordinality k (number, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    order by k.place
)
from pg_index i
where i.indrelid = to_regclass(%(relation)s)

-- name: built
-- The marts that were built and exist; an empty table in place of a mart is not among them.
select mart
from analytics.mart_refreshes
where to_regclass('analytics.' || quote_ident(mart)) is not null
