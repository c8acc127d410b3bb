-- What Zoho's own history says of records: what is to be read, what was, and how far it reaches.

-- name: to_read
-- Records whose timeline is worth a call and has not been read, the most useful first: open deals,
-- deals closed lately, open leads; of each the newest first, and those that failed before last.
-- Of a record made after the first read everything was watched.
with watched as (
    select module, min(read_until) as since
    from crm.sync_logs
    where status = 'success' and module in ('Deals', 'Leads')
    group by module
),
wanted as (
    select
        'Deals' as module,
        d.id,
        d.modified_time,
        case when coalesce(m.meaning, 'open') in ('won', 'lost') then 2 else 1 end as rank
    from crm.crm_deals d
    join watched w on w.module = 'Deals' and d.created_time < w.since
    left join crm.picklist_meaning m on m.module = 'Deals' and m.value = d.stage
    where d.deleted_at is null
        and (coalesce(m.meaning, 'open') not in ('won', 'lost')
            or d.closing_date >= current_date - %(closed_within)s)
    union all
    select 'Leads', l.id, l.modified_time, 3
    from crm.leads_raw l
    join watched w on w.module = 'Leads' and l.created_time < w.since
    left join crm.picklist_meaning m on m.module = 'Leads' and m.value = l.lead_status
    where l.deleted_at is null
        and not l.is_converted
        and coalesce(m.meaning, 'open') in ('open', 'qualified')
)
select w.module, w.id
from wanted w
left join crm.record_history_reads r
    on r.module = w.module and r.record_id = w.id and r.way = 'timeline'
where (r.record_id is null or not r.complete and r.read_at < now() - interval '20 hours')
    and not exists (select from crm.forgotten f where f.module = w.module and f.id = w.id)
order by r.record_id is not null, w.rank, w.modified_time desc nulls last, w.id

-- name: hold_off_others
-- An erasure or a landing of the module waits for this transaction, or has been seen by it. So what
-- marts know changed records by, synced_at and read_at, never comes to be seen after a later one.
select pg_advisory_xact_lock_shared(hashtext('crm.' || %(module)s))

-- name: land_entries
insert into crm.record_history (module, record_id, way, entry_id, audited_time, raw_data)
select
    %(module)s, e.record_id, 'timeline', e.entry ->> 'id',
    crm.to_time(e.entry ->> 'audited_time'), e.entry
from (
    select record_id, text::jsonb as entry
    from unnest(%(ids)s::text[], %(texts)s::text[]) as t (record_id, text)
) e
where e.entry ->> 'id' is not null
    and crm.to_time(e.entry ->> 'audited_time') is not null
    and not exists (
        select from crm.forgotten f where f.module = %(module)s and f.id = e.record_id
    )
on conflict (module, way, entry_id) do nothing

-- name: note_timelines
-- Their history is known from Created_Time on where their creation is in it, and never further back
-- than an entry that may hold more changes than Zoho tells of one.
with read as (
    select *
    from unnest(
        %(ids)s::text[], %(complete)s::boolean[], %(credits)s::integer[], %(problems)s::text[]
    ) as t (record_id, complete, credits, problem)
),
told as (
    select
        h.record_id,
        bool_or(
            h.raw_data ->> 'action' = 'added'
            and coalesce(h.raw_data -> 'related_record', 'null') = 'null'
            and coalesce(h.raw_data #>> '{{record,id}}', h.record_id) = h.record_id
        ) as has_beginning,
        min(h.audited_time) as earliest,
        max(h.audited_time) filter (
            where case when jsonb_typeof(h.raw_data -> 'field_history') = 'array'
                then jsonb_array_length(h.raw_data -> 'field_history') >= 100 end
        ) as cut_at
    from crm.record_history h
    join read using (record_id)
    where h.module = %(module)s and h.way = 'timeline'
    group by h.record_id
)
insert into crm.record_history_reads as r
    (module, record_id, way, complete, read_at, reaches_back_to, credits, problem)
select
    %(module)s, read.record_id, 'timeline', read.complete, clock_timestamp(),
    greatest(case when told.has_beginning then least(t.created_time, told.earliest)
        else told.earliest end, told.cut_at),
    read.credits, read.problem
from read
left join told using (record_id)
left join crm.{table} t on t.id = read.record_id
where not exists (select from crm.forgotten f where f.module = %(module)s and f.id = read.record_id)
on conflict (module, record_id, way) do update
set complete = excluded.complete, reaches_back_to = excluded.reaches_back_to,
    credits = coalesce(r.credits, 0) + excluded.credits, read_at = excluded.read_at,
    problem = excluded.problem

-- name: land_rows
-- Rows of a tracker belong to the record of the module that they name by a lookup, whatever that is
-- called: ids are unique in all of the CRM. Those that name none of ours are of nobody.
with sent as (
    select text::jsonb as row from unnest(%(texts)s::text[]) as text
)
insert into crm.record_history (module, record_id, way, entry_id, audited_time, raw_data)
select
    %(module)s, t.id, 'stage_tracker', s.row ->> 'id', crm.to_time(s.row ->> 'Modified_Time'), s.row
from sent s
cross join lateral (
    select t.id
    from jsonb_each(s.row) member
    join crm.{table} t on t.id = member.value ->> 'id'
    where jsonb_typeof(member.value) = 'object'
    limit 1
) t
where s.row ->> 'id' is not null
    and crm.to_time(s.row ->> 'Modified_Time') is not null
    and not exists (select from crm.forgotten f where f.module = %(module)s and f.id = t.id)
on conflict (module, way, entry_id) do nothing

-- name: tracker_read_until
-- Where an earlier read of a tracker was cut short.
select max(read_until)
from crm.record_history_reads
where module = %(module)s and record_id = '' and way = 'stage_tracker'

-- name: is_tracker_read
select exists (
    select from crm.record_history_reads
    where module = %(module)s and record_id = '' and way = 'stage_tracker' and complete
)

-- name: note_covered
-- Which records the tracker covers, and from when on.
insert into crm.record_history_reads
    (module, record_id, way, complete, read_at, reaches_back_to)
select
    h.module, h.record_id, h.way, true, clock_timestamp(),
    case when min(h.audited_time) <= t.created_time + interval '1 minute'
        then t.created_time else min(h.audited_time) end
from crm.record_history h
join crm.{table} t on t.id = h.record_id
where h.module = %(module)s and h.way = 'stage_tracker'
group by h.module, h.record_id, h.way, t.created_time
on conflict (module, record_id, way) do nothing

-- name: note_way
-- The state of a whole way: of the tracker as such, or why timelines are refused.
insert into crm.record_history_reads as r
    (module, record_id, way, complete, credits, read_until, problem)
values (%(module)s, '', %(way)s, %(complete)s, %(credits)s, %(read_until)s, %(problem)s)
on conflict (module, record_id, way) do update
set complete = excluded.complete, problem = excluded.problem, read_at = now(),
    read_until = coalesce(excluded.read_until, r.read_until),
    credits = case when r.read_at > now() - interval '1 day' then coalesce(r.credits, 0) else 0 end
        + excluded.credits

-- name: spent
-- Credits that reading history has cost in a day.
select coalesce(sum(credits), 0)::bigint
from crm.record_history_reads
where read_at > now() - interval '1 day'

-- name: problems
select distinct problem
from crm.record_history_reads
where record_id = '' and problem is not null
order by 1

-- name: progress
-- Of the open deals, which are known from before the first sync, by value and by number; and how many
-- records have their history read.
with watched as (
    select min(read_until) as since from crm.sync_logs where status = 'success' and module = 'Deals'
),
open_deals as (
    select
        coalesce(d.amount, 0) as amount,
        d.created_time >= w.since or r.reaches_back_to is not null as is_known,
        r.reaches_back_to
    from crm.crm_deals d
    cross join watched w
    left join crm.picklist_meaning m on m.module = 'Deals' and m.value = d.stage
    left join crm.record_history_reads r
        on r.module = 'Deals' and r.record_id = d.id and r.way = 'timeline' and r.complete
    where d.deleted_at is null and coalesce(m.meaning, 'open') not in ('won', 'lost')
)
select
    count(*) as open_deals,
    count(*) filter (where is_known) as known_deals,
    sum(amount) as open_value,
    sum(amount) filter (where is_known) as known_value,
    min(reaches_back_to) as known_back_to,
    (select count(*) from crm.record_history_reads
        where way = 'timeline' and complete and record_id <> '') as timelines,
    (select count(*) from crm.record_history where way = 'stage_tracker') as stays
from open_deals
