-- grain: one row per content of a lead: what it said, from one day to another
-- kind: incremental
-- records: crm.leads_raw
-- links: deal_id, analytics.deal_history
-- index: id, day, synced_at
-- owner: sales operations
-- crm.record_versions holds each former content and when another took its place, the module table
-- holds the present one. Neighbours that say the same of source, status, owner and conversion are one
-- content: a save that changes none of these moves nothing. What it said before it was first watched
-- is told by Zoho's own history where that was read (measures.contents_before), and never instead of
-- what was watched; when it was converted, the lead itself says. Before the first content known
-- there is no record of what was said, so that content reaches back to Created_Time.
-- A content holds on each day from from_day until before until_day (null: it still holds; the day
-- on which the lead was deleted, for the last content of a deleted lead). One that was replaced on
-- the day it was written holds on none. The contents of a lead leave no gap and do not overlap.
-- is_first: the first content known. is_present: the one that the module table holds. is_deleted:
-- the lead is deleted by now.
-- meaning: converted when Zoho says so, whatever the status; else crm.picklist_meaning; a status
-- that is empty, not listed there or without a meaning counts as open.
-- source, status: as crm.text_labels shows them, whatever the spelling; empty ones are '(none)'.
-- position: of the status in crm.picklist_meaning; converted leads stand at 'converted', empty
-- statuses at the first open step, unlisted ones just after the last open one.
-- day, converted_day: of Created_Time and Converted_Date_Time in the organisation's time zone.
-- deal_id: the deal that the conversion made, where the lead names it. It and converted_day are of
-- the present content. known_by: what its beginning is known by: watched, zoho_history, or assumed:
-- taken to have said then what it said next. known_from: from that day on what it says is known;
-- null: on no day. synced_at: when the record landed, by which changed ones are known.

with changed as (
    select id
    from (
        select id, synced_at from crm.leads_raw where synced_at > %(since)s
        union
        select record_id, read_at
        from crm.record_history_reads
        where module = 'Leads' and read_at > %(since)s
        except
        select id, synced_at from analytics.lead_history where synced_at > %(since)s
    ) landed
),
-- Once, not for each content.
steps as materialized (
    select
        min(position) filter (where meaning = 'open') as first,
        coalesce(max(position) filter (where meaning = 'open'), 0) + 1 as unlisted,
        max(position) filter (where meaning = 'converted') as converted
    from crm.picklist_meaning
    where module = 'Leads'
),
former as (
    select
        id,
        version,
        modified_time,
        lag(coalesce(replaced_by, replaced_at)) over record as said_from,
        coalesce(replaced_by, replaced_at) as said_until,
        lead(version) over record is null as is_last,
        lead_source,
        lead_status,
        owner_id,
        is_converted
    from crm.record_versions
    where module = 'Leads'
    and id in (select id from changed)
    window record as (partition by id order by version)
),
contents as (
    select
        l.id,
        null::bigint as version,
        coalesce(f.said_until, l.created_time, l.modified_time, l.synced_at) as since,
        coalesce(f.said_until, l.content_since, l.modified_time, l.created_time, l.synced_at)
            as written_at,
        l.lead_source,
        l.lead_status,
        l.owner_id,
        l.is_converted
    from crm.leads_raw l
    left join former f on f.id = l.id and f.is_last
    where l.id in (select id from changed)
    union all
    select
        f.id,
        f.version,
        coalesce(f.said_from, l.created_time, l.modified_time, l.synced_at),
        coalesce(f.said_from, f.modified_time, l.created_time, l.synced_at),
        f.lead_source,
        f.lead_status,
        f.owner_id,
        f.is_converted
    from former f
    join crm.leads_raw l on l.id = f.id
),
-- Those of which Zoho's history was read: when, and what was first watched.
history_reads as (
    select record_id as id, max(read_at) as read_at
    from crm.record_history_reads
    where module = 'Leads' and record_id in (select id from changed)
    group by record_id
),
first_read as (
    select distinct on (c.id) c.*
    from contents c
    join history_reads r on r.id = c.id
    order by c.id, c.version
),
-- One by one: in one go over many records its plan, which knows not how many, takes the square.
learned as (
    select l.*, -row_number() over (partition by l.id order by l.said_from desc) as version
    from (
        select
            array[f.id] as ids,
            array[l.created_time] as created_times,
            array[f.written_at] as read_times,
            array[jsonb_build_object(
                'Lead_Status', f.lead_status, 'Lead_Source', f.lead_source, 'Owner', f.owner_id
            )] as contents
        from first_read f
        join crm.leads_raw l on l.id = f.id
    ) f
    cross join lateral measures.contents_before(
        'Leads', f.ids, f.created_times, f.read_times, f.contents
    ) l
),
all_contents as (
    select *, null::timestamptz as assumed_until
    from contents
    union all
    select
        l.id,
        2 * l.version + c.is_converted::integer,
        c.since,
        c.since,
        l.said ->> 'Lead_Source',
        l.said ->> 'Lead_Status',
        l.said ->> 'Owner',
        c.is_converted,
        l.assumed_until
    from learned l
    join first_read f on f.id = l.id
    join crm.leads_raw r on r.id = l.id
    -- Zoho says when a lead was converted.
    cross join lateral (
        select l.said_from as since, false as is_converted
        where not f.is_converted or l.said_from < r.converted_time
        union all
        select greatest(l.said_from, r.converted_time), true
        where f.is_converted and coalesce(r.converted_time < l.said_until, true)
    ) c
),
-- Each spelling once: its label takes longer to work out than all else of a content.
labels as materialized (
    select s.field, s.value, coalesce(t.label, crm.label_or_none(s.value)) as label
    from (
        select 'Lead_Source' as field, coalesce(lead_source, '') as value from all_contents
        union
        select 'Lead_Status', coalesce(lead_status, '') from all_contents
        union
        select 'owner_id', coalesce(owner_id, '') from all_contents
    ) s
    left join crm.text_labels t on t.field = s.field and t.key = crm.text_key(s.value)
),
named as (
    select c.*, s.label as source, t.label as status, w.label as owner
    from all_contents c
    join labels s on s.field = 'Lead_Source' and s.value = coalesce(c.lead_source, '')
    join labels t on t.field = 'Lead_Status' and t.value = coalesce(c.lead_status, '')
    join labels w on w.field = 'owner_id' and w.value = coalesce(c.owner_id, '')
),
compared as (
    select
        *,
        -- What was first watched holds since then where its past is told, else since the creation.
        case when lag(version) over record < 0 then written_at else since end as said_from,
        lag(id) over record is null as is_first,
        (source, status, owner, is_converted) is distinct from (
            lag(source) over record,
            lag(status) over record,
            lag(owner) over record,
            lag(is_converted) over record
        ) or assumed_until is not null and lag(assumed_until) over record is null as is_another
    from named
    window record as (partition by id order by version)
),
different as (
    select
        *,
        lead(said_from) over record as next_from,
        lead(id) over record is null as is_present
    from compared
    where is_another
    window record as (partition by id order by version)
)
select
    c.id,
    d.from_day,
    d.until_day,
    c.is_first,
    c.is_present,
    l.deleted_at is not null as is_deleted,
    c.source,
    c.status,
    case when c.is_converted then 'converted' else coalesce(m.meaning, 'open') end as meaning,
    coalesce(
        case
            when c.is_converted then s.converted
            when c.status = '(none)' then s.first
            else m.position
        end,
        s.unlisted
    ) as position,
    c.is_converted,
    c.owner as owner_id,
    (l.created_time at time zone o.timezone)::date as day,
    case when c.is_present then (l.converted_time at time zone o.timezone)::date end
        as converted_day,
    case when c.is_present and c.is_converted then l.deal_id end as deal_id,
    greatest(l.synced_at, r.read_at) as synced_at,
    case
        when u.sure_day > d.from_day then 'assumed'
        when c.version < 0 then 'zoho_history'
        else 'watched'
    end as known_by,
    case
        when u.sure_day is null then d.from_day
        when u.sure_day < coalesce(d.until_day, 'infinity') then greatest(d.from_day, u.sure_day)
    end as known_from
from different c
join crm.leads_raw l on l.id = c.id
join crm.organisation o on o.singleton
cross join steps s
left join history_reads r on r.id = c.id
cross join lateral (
    -- What was deleted before its last change held on no day since.
    select
        (c.said_from at time zone o.timezone)::date as from_day,
        (case when c.next_from is not null or l.deleted_at is not null
            then greatest(c.said_from, coalesce(c.next_from, l.deleted_at))
        end at time zone o.timezone)::date as until_day
) d
cross join lateral (
    select (case
        when c.version < 0 then c.assumed_until
        when c.is_first and c.written_at > l.created_time then c.written_at
    end at time zone o.timezone)::date as sure_day
) u
left join crm.picklist_meaning m on m.module = 'Leads' and m.value = c.status
