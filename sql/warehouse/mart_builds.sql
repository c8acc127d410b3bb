-- What marts were built from, to leave alone those of which that and their rows are still the same.

-- name: seal
-- A relation as it is: its file and columns, and what was written to it. A watched one has marks of
-- that (crm.table_writes). Of others it is how many rows lie where, written by which transactions: an
-- insert or update puts the row at another place and leaves the number of its transaction there, a
-- deletion makes one row less. A restored table is another file; so nothing is written without
-- another seal. No column is read: a small part of a pass over the records.
select concat_ws(
    ' ',
    {name}::text,
    (select pg_relation_filenode({name}::regclass)),
    (
        select md5(string_agg(concat_ws(' ', attname, atttypid, atttypmod), ',' order by attnum))
        from pg_attribute
        where attrelid = {name}::regclass and attnum > 0 and not attisdropped
    ),
    case when exists (
        select from pg_trigger
        where tgrelid = {name}::regclass and tgname = 'note_insert' and tgenabled <> 'D'
    ) then (
        select concat_ws(' ', 'marked', sum(mark))
        from crm.table_writes
        where relation = {name}::regclass
    ) else (
        select concat_ws(
            ' ', count(*), sum(hashtid(t.ctid)), sum(hashint8(t.xmin::text::bigint))
        )
        from {table} t
    ) end
)

-- name: seal_of_view
select md5(pg_get_viewdef({name}::regclass))

-- name: are_of_kind
-- Whether each of the relations is there as the kind that it should be.
select bool_and(coalesce(c.relkind = r.kind, false))
from unnest(%(relations)s::text[], %(kinds)s::text[]) as r (name, kind)
left join pg_class c on c.oid = to_regclass(r.name)

-- name: state
-- What a query reads, as it is.
select md5(concat_ws(';', ({surroundings}), ({seals})))

-- name: contents
-- What the rows of a relation say, in whatever order and whoever wrote them.
select concat_ws(' ', {name}::text, count(*), sum(hashtextextended(t::text, 0))) from {table} t

-- name: if_small
select case when (select count(*) <= %(rows)s from (select from {table} limit %(rows)s + 1) t)
    then {contents} end

-- name: keeps_whole_records
-- Which of these tables hold records as they were sent, which is much to read.
select attrelid::regclass::text
from pg_attribute
where attrelid = any(%(relations)s::regclass[]) and attname = 'raw_data'

-- name: surroundings
-- What the rows depend on beside tables: the functions, and the company's day where the clock is read.
select md5(concat_ws(
    ';',
    %(files)s,
    %(days)s,
    (
        select concat_ws(' ', count(*), sum(hashtextextended(proname || ' ' || prosrc, 0)))
        from pg_proc
        -- From this id on they are not PostgreSQL's own, which are thirty times as many.
        where oid >= 16384 and pronamespace in ('crm'::regnamespace, 'measures'::regnamespace)
    ),
    case when %(reads_clock)s then (
        select (now() at time zone timezone)::date from crm.organisation
    ) end
))

-- name: contents_of_marts
-- Null where one of the marts was not built by this version.
select case when count(contents) = cardinality(%(marts)s::text[])
    then coalesce(string_agg(mart || ' ' || contents, ';' order by mart), '') end
from analytics.mart_builds
where mart = any(%(marts)s)

-- name: known
-- Of its last build, and whether it is there as the kind that it should be.
select inputs, seal, steady, followed, sql_version, exists (
    select from pg_class
    where oid = to_regclass(%(relation)s) and (relkind = 'v') = %(is_view)s
)
from analytics.mart_builds
where mart = %(mart)s

-- name: histories
select mart, contents, contents_before from analytics.mart_builds where mart = any(%(marts)s)

-- name: is_of_one_time
-- Whether each of these marts holds just these contents of the histories that it follows.
select count(*) filter (where %(contents)s::jsonb @> followed) = cardinality(%(marts)s::text[])
from analytics.mart_builds
where mart = any(%(marts)s)

-- name: save
-- Where the changes of a history are known, it says what it said before them: before the last ones,
-- if there were none since.
insert into analytics.mart_builds as b (mart, inputs, seal, contents, steady, followed, sql_version)
values (
    %(mart)s, %(inputs)s, %(seal)s, %(contents)s, %(steady)s, %(followed)s, %(sql_version)s
)
on conflict (mart) do update
set inputs = excluded.inputs,
    seal = excluded.seal,
    contents = excluded.contents,
    contents_before = case
        when not %(is_known)s then null
        when b.contents = excluded.contents then b.contents_before
        else b.contents
    end,
    steady = excluded.steady,
    followed = excluded.followed,
    sql_version = excluded.sql_version

-- name: forget
update analytics.mart_builds set inputs = null, seal = null, followed = null where mart = any(%(marts)s)

-- name: see_latest
-- A transaction that sees all as of one moment may lock no row that has another version since; any
-- other locks what it sees. Who has one in hand has not built yet, and waits for us elsewhere.
select from analytics.mart_builds where mart = any(%(marts)s) for share skip locked

-- name: confirm
-- Note that a mart was found up to date now; return its rows when it was written.
update analytics.mart_refreshes set refreshed_at = now() where mart = %(mart)s
returning coalesce(rows, 0)
