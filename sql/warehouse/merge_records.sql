-- Bring the records of a batch into the module's table: of each its newest text; no newer version is
-- overwritten by an older one; a record seen again is alive again. What it said before is kept,
-- unless only values that change by themselves differ. A field that the text does not have at all
-- keeps the value it has here. Of a forgotten person nothing comes back.
with records as not materialized (
    select
        raw_data ->> 'id' as id,
        case
            when (select exists (select from crm.forgotten))
                then crm.without_forgotten(%(module)s, raw_data)
            else raw_data
        end as raw_data,
        crm.to_time(raw_data ->> 'Modified_Time') as modified_time,
        place
    from staged_records
),
newest as (
    -- in the order of bytes, which is quicker than that of a language
    select distinct on (id collate "C") id, raw_data, modified_time
    from records
    where id is not null and (modified_time < %(until)s) is not false
    order by id collate "C", modified_time desc nulls last, place desc
),
compared as (
    select
        n.id,
        case when k.kept is null then n.raw_data
            else n.raw_data || crm.only_fields(t.raw_data, k.kept) end as raw_data,
        n.modified_time,
        k.kept
    from newest n
    left join crm.{table} t using (id)
    -- worked out once a record, and not at all for one that says the same, as most do
    cross join lateral (
        select
            case when t.raw_data <> n.raw_data
                then crm.missing_fields(t.raw_data, n.raw_data) end as kept
        offset 0
    ) k
),
incoming as materialized (
    select
        n.id,
        n.raw_data,
        n.modified_time,
        n.kept,
        t.raw_data as said_before,
        coalesce(t.content_since, t.modified_time) as said_since,
        -- of a record that is new here the second part would be worked out for nothing
        case when t.id is not null then
            t.raw_data <> n.raw_data
            and crm.edited_content(t.raw_data, %(volatile)s)
                <> crm.edited_content(n.raw_data, %(volatile)s)
        end as is_another,
        case
            when t.id is null then 'inserted'
            when n.modified_time < t.modified_time then 'unchanged'
            when t.raw_data = n.raw_data and t.deleted_at is null
                and (t.kept_fields is null or n.kept is not null) then 'unchanged'
            else 'updated'
        end as effect
    from compared n
    left join crm.{table} t using (id)
),
without_id as (
    insert into crm.quarantine (module, run_id, reason, original)
    select %(module)s, %(run_id)s, 'a record without an id', raw_data::text
    from records
    where id is null
),
kept as (
    insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
    select %(module)s, id, said_since, modified_time, said_before
    from incoming
    where effect = 'updated' and is_another
),
merged as (
    insert into crm.{table} (id, raw_data, synced_at, content_since, kept_fields)
    select id, raw_data, clock_timestamp(), case when not is_another then said_since end, kept
    from incoming
    where effect <> 'unchanged'
    on conflict (id) do update
    set raw_data = excluded.raw_data, deleted_at = null, deleted_type = null,
        synced_at = excluded.synced_at, content_since = excluded.content_since,
        kept_fields = excluded.kept_fields
)
insert into landed as l (id, modified_time, effect, kept)
select id, modified_time, effect, kept
from incoming
on conflict (id) do update
set kept = excluded.kept, modified_time = greatest(l.modified_time, excluded.modified_time),
    effect = case when l.effect = 'unchanged' then excluded.effect else l.effect end;
