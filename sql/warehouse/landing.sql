-- Load one window of a module: staging tables, deletions, differences, fields, interrupted reads.

-- name: create_staging
-- What this window has landed so far: one row a record, with what became of it, and the fields that
-- its answer did not have.
create temporary table landed (
    id text primary key,
    modified_time timestamptz,
    effect text not null,
    kept text[]
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

-- name: copy_records
copy staged_records (raw_data) from stdin with (format binary)

-- name: set_indexes_aside
select crm.set_indexes_aside(%(table)s)

-- name: restore_indexes
select crm.restore_indexes(%(table)s, %(with_search)s)

-- name: known_ids
-- Which of these records have to be merged: those that are here, and all where a person is to be
-- forgotten. Also the clock of those that are not, in microseconds since PostgreSQL's year 2000.
select
    case
        when exists (select from crm.forgotten) then a.ids
        else array(select t.id from crm.{table} t where t.id = any(a.ids))
    end as known,
    (extract(epoch from clock_timestamp() - timestamptz '2000-01-01 00:00Z') * 1000000)::bigint
        as synced_at
from (select array(select jsonb_array_elements_text(%(ids)s::jsonb)) as ids) a;

-- name: copy_new
copy crm.{table} (id, raw_data, synced_at) from stdin with (format binary)

-- name: note_new
insert into landed (id, modified_time, effect)
select t.id, t.modified_time, 'inserted'
from crm.{table} t
where t.id = any(array(select jsonb_array_elements_text(%(ids)s::jsonb)));

-- name: clear_staged_records
truncate staged_records

-- name: apply_deletions
-- A deleted record keeps its last values. One that the CRM still shows is none.
update crm.{table} t
set deleted_at = d.deleted_time, deleted_type = d.kind, synced_at = clock_timestamp()
from (
    select distinct on (id) id, kind, deleted_time
    from staged_deletions
    order by id, deleted_time desc
) d
where t.id = d.id
and t.id <> all (%(existing)s)
and (t.deleted_at, t.deleted_type) is distinct from (d.deleted_time, d.kind);

-- name: uncertain_deletions
-- Records of which lists alone do not tell whether they are deleted: ones in the list of deletions
-- that were changed after it, or that the list held earlier and no longer holds.
select t.id
from crm.{table} t
join staged_deletions d using (id)
where t.modified_time > d.deleted_time
and t.deleted_at is distinct from d.deleted_time
union
select t.id
from crm.{table} t
where t.deleted_at >= %(since)s
and t.deleted_type = 'recycle'
and not exists (select from staged_deletions d where d.id = t.id)
order by 1;

-- name: missing_ids
-- Records that count as living here and that a read of everything has not shown.
select t.id
from crm.{table} t
where t.deleted_at is null
and not exists (select from landed l where l.id = t.id)
and not exists (select from staged_deletions d where d.id = t.id)
order by 1;

-- name: count_differences
-- What a read of everything found to differ, among what an earlier read should have brought here.
-- `since`: up to then the module was known to be read; null where it never was.
select missing, stale, extra
from (
    select
        count(*) filter (where effect = 'inserted') as missing,
        count(*) filter (where effect = 'updated') as stale
    from landed
    where (modified_time >= %(since)s) is not true
) shown
cross join (
    select count(distinct t.id) as extra
    from crm.{table} t
    join staged_deletions d using (id)
    where t.deleted_at is null
    and t.id <> all (%(existing)s)
    and (d.kind = 'missing' or (d.deleted_time >= %(since)s) is not true)
) gone;

-- name: count_effects
-- One row per business day of the window: how many of its records fall on it, by effect.
select
    least(greatest((modified_time at time zone %(timezone)s)::date, %(first_day)s), %(last_day)s)
        as day,
    effect,
    count(*) as records
from landed
group by 1, 2
order by 1, 2;

-- name: update_fields
-- Bring the module's fields up to date; one row per field that is new or has vanished since the
-- last look. The first look at a module finds nothing new.
with told as (
    select field ->> 'api_name' as api_name, field
    from jsonb_array_elements(%(fields)s::jsonb) as field
),
known as (
    select api_name, vanished_at
    from crm.crm_fields
    where module = %(module)s
),
kept as (
    insert into crm.crm_fields as f
        (module, api_name, label, data_type, is_custom, picklist, raw_data)
    select distinct on (api_name)
        %(module)s,
        api_name,
        coalesce(field ->> 'display_label', field ->> 'field_label'),
        field ->> 'data_type',
        coalesce(field -> 'custom_field' = 'true'::jsonb, false),
        case jsonb_typeof(field -> 'pick_list_values')
            when 'array' then field -> 'pick_list_values' else '[]' end,
        field
    from told
    on conflict (module, api_name) do update
    set label = excluded.label, data_type = excluded.data_type, is_custom = excluded.is_custom,
        picklist = excluded.picklist, raw_data = excluded.raw_data, last_seen = now(),
        vanished_at = null
    -- What is told again as it was is not written: marts that read it are left alone.
    where f.raw_data is distinct from excluded.raw_data or f.vanished_at is not null
),
vanished as (
    update crm.crm_fields f
    set vanished_at = now()
    where f.module = %(module)s
    and f.vanished_at is null
    and not exists (select from told where told.api_name = f.api_name)
    returning f.api_name
)
select told.api_name, 'new' as change
from told
left join known using (api_name)
where (known.api_name is null or known.vanished_at is not null)
and exists (select from known)
union
select api_name, 'vanished'
from vanished
order by 2, 1;

-- name: quarantine
-- The text of a record that could not be landed as sent; the same text once, however often it is
-- read, and none of a forgotten person.
insert into crm.quarantine (module, id, run_id, reason, original)
select %(module)s, %(id)s, %(run_id)s, %(reason)s, %(text)s
where not exists (select from crm.forgotten where module = %(module)s and id = %(id)s)
on conflict (module, id, md5(original)) do nothing;

-- name: ranges_already_read
-- What a read that stopped has done of this window already.
select read_from, read_to
from crm.paused_reads
where module = %(module)s
and (%(since)s::timestamptz is null or read_from >= %(since)s)
and (%(until)s::timestamptz is null or read_to <= %(until)s)
order by read_from nulls first;

-- name: forget_read_ranges
-- A complete read of the window stands for its parts.
delete from crm.paused_reads
where module = %(module)s
and (%(since)s::timestamptz is null or read_from >= %(since)s)
and (%(until)s::timestamptz is null or read_to <= %(until)s);

-- name: returned_fields
-- The fields that were lost and that an answer of this window has.
select u.api_name
from crm.unserved_fields u
where u.module = %(module)s
and exists (
    select
    from landed l
    join crm.{table} t using (id)
    where t.raw_data ? u.api_name and (u.api_name = any(l.kept)) is not true
);

-- name: witness
-- A record by which Zoho can show that a lost field is served again, of those that would: the one that
-- had most of them.
select t.id
from crm.{table} t
cross join lateral (
    select count(*) as fields
    from crm.unserved_fields u
    where u.module = %(module)s and t.raw_data ? u.api_name
) had
where exists (select from crm.unserved_fields where module = %(module)s) -- asked first, as a rule no
    and had.fields > 0 and t.deleted_at is null
order by had.fields desc, t.id
limit 1;

-- name: read_without
-- The records that were read while these fields were lost, and not again since.
select t.id
from crm.{table} t
where t.synced_at >= (
    select min(since) from crm.unserved_fields
    where module = %(module)s and api_name = any(%(fields)s)
)
and t.deleted_at is null
and (t.kept_fields && %(fields)s::text[] or not t.raw_data ?& %(fields)s::text[])
order by 1;

-- name: save_unserved
-- What is lost by now: fields that records here have and that were in no answer of this window,
-- of those that an answer lacked, that the metadata have no more, or that all of some records have.
with sampled as (
    select raw_data
    from crm.{table}
    limit 100
),
everywhere as (
    select key, count(*) = max(records) and max(records) >= 20 as is_everywhere
    from (select raw_data, count(*) over () as records from sampled) s
    cross join lateral jsonb_object_keys(s.raw_data) as key
    where key not like '$%%'
    group by key
),
lacking as (
    select distinct unnest(kept) as api_name
    from landed
    where kept is not null
    union
    select f.api_name
    from crm.crm_fields f
    join everywhere e on e.key = f.api_name
    where f.module = %(module)s and f.vanished_at is not null
    union
    select key
    from everywhere
    where is_everywhere and exists (select from landed)
),
-- What a few records show to be served need not be looked for among all, a field at a time.
shown as (
    select distinct key as api_name
    from (
        select t.raw_data, l.kept
        from landed l
        join crm.{table} t using (id)
        limit 20
    ) few
    cross join lateral jsonb_object_keys(few.raw_data) as key
    where (key = any(few.kept)) is not true
),
lost as (
    select k.api_name
    from (select api_name from lacking except select api_name from shown) k
    left join lateral (
        select true as is_served
        from landed l
        join crm.{table} t using (id)
        where t.raw_data ? k.api_name and (k.api_name = any(l.kept)) is not true
        limit 1
    ) s on true
    where s.is_served is null
)
insert into crm.unserved_fields (module, api_name)
select %(module)s, api_name
from lost
on conflict do nothing;

-- name: forget_unserved
delete from crm.unserved_fields
where module = %(module)s and api_name = any(%(fields)s);

-- name: unserved_fields
-- The fields of the module that Zoho no longer serves, and whether a mart reads each.
select
    u.api_name,
    exists (
        select
        from analytics.mart_inputs i
        where i.module = u.module and u.api_name = any(i.fields)
    ) as carries_marts
from crm.unserved_fields u
where u.module = %(module)s
order by 1;

-- name: restore_all_indexes
-- Before migrations, which count on the indexes: what killed first loads have left aside.
do $$
begin
    if to_regclass('crm.indexes_aside') is not null then
        perform crm.restore_indexes(table_name)
        from (select distinct table_name from crm.indexes_aside) aside;
    end if;
end $$
