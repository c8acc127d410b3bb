-- What changed in a history since it was last refreshed, and marts that take in these changes alone.

-- name: changed
-- The records that a history has to take in, with statistics of how many they are: else PostgreSQL
-- expects one of them, and goes through all of them for each.
drop table if exists pg_temp.changed;
create temporary table changed on commit drop as
select *
from {records}
where id in ({ids});
analyze changed (id)

-- name: all_records
-- All records of a history, with statistics as above.
drop table if exists pg_temp.changed;
create temporary table changed on commit drop as select id from {records};
analyze changed (id)

-- name: how_many
-- How many records have to be taken in; null if they are so many that rebuilding is quicker.
select case
    when count(*)
        <= greatest(20000, (select reltuples from pg_class where oid = {name}::regclass) / 10)
        then count(*)
end
from changed

-- name: renew
-- The changes of a rebuilt history are unknown, so all that follows it is rebuilt too.
drop table if exists {delta};
create table {delta} as select *, 0 as sign from {history} limit 0;
alter table {delta} enable row level security

-- name: is_known
select exists (select from {delta})

-- name: take_out
-- Delete what a history says of the changed records, and note it.
delete from {delta};
with gone as (delete from {history} where id in (select id from changed) returning *)
insert into {delta} select *, -1 from gone

-- name: put_in
-- Insert what it says of them now, and note it.
with made as (
    insert into {history}
    {select}
    returning *
)
insert into {delta} select *, 1 from made

-- name: without_same
-- Without the records that say the same, as those do that landed last before; if that is not all of
-- them: none at all says that it is not known what changed.
with said as (
    select id, sum(sign * hash_record_extended(row({columns}), 0)::numeric) = 0 as is_same
    from {delta}
    group by id
)
delete from {delta}
where id in (select id from said where is_same) and exists (select from said where not is_same);
analyze {delta} (id)

-- name: is_complete
-- Whether a history, which held each record once, took in as many as came into its tables since:
-- otherwise one of the two was changed by hand. Where it took in none, the table says what it did
-- before.
select coalesce(sum(d.sign) filter (where d.is_present and %(changed)s > 0), 0)
    = %(records_added)s - (select records_added from analytics.mart_builds where mart = %(mart)s)
from {delta} d

-- name: changes
{changes} as not materialized (select * from {delta} where {is_new})

-- name: linked
-- Records that did not change but name a changed one, and records named by either.
{extra} as materialized (
    select id from {history} where {link} in (select id from {other_changes})
    except
    select id from {changes}
),
{other_extra} as materialized (
    (
        select {link} as id from {changes}
        union
        select {link} from {history} where id in (select id from {extra})
    )
    except
    select id from {other_changes}
)

-- name: contents
{part} as (select {columns} from {changes} where sign = {sign})

-- name: contents_and_linked
{part} as (
    select {columns} from {changes} where sign = {sign}
    union all
    select {columns} from {history} where id in (select id from {extra})
)

-- name: changed_ids
select {column} as id from {delta} where {column} is not null

-- name: ids_of_link
-- Records that name by a column what a changed row of a history names by it too.
select r.id
from {records} r
where r.{link} in (select {link} from {delta})

-- name: note
-- The records that changed in one of the histories, whose rows are to be written again.
drop table if exists pg_temp.changed;
create temporary table changed on commit drop as {ids};
analyze changed (id)

-- name: delete
delete from {table} where id in (select id from changed)

-- name: contents_of_ids
{part} as (select * from {history} where {column} in (select id from pg_temp.changed){more})

-- name: contents_of_link
-- And what names the same as these records do, each once.

    union all
    select *
    from {history}
    where {link} in (
            select r.{link} from {records} r join pg_temp.changed using (id)
        )
        and ({column} is null or {column} not in (select id from pg_temp.changed))

-- name: differences
-- Rows of a mart that are not in the build beside it, and the other way round.
select
    (select count(*) from (table {table} except all table pg_temp.shadow) d),
    (select count(*) from (table pg_temp.shadow except all table {table}) d)

-- name: merge
-- Add what the figures of changed records are now, less what they were.
insert into {table} as t ({columns})
with {parts}
select {columns}
from (
    select {group_columns}, {sums}
    from (
        select {group_columns}, {taken} from ({before}) b
        union all
        select {group_columns}, {given} from ({after}) a
    ) d
    group by {group_columns}
) d
where {is_something}
on conflict ({key}) do update set {added}
returning t.ctid::text, {is_nothing}

-- name: delete_rows
delete from {table} where ctid = any(%(rows)s::tid[])
