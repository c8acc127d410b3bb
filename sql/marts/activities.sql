-- grain: one row per activity that is not deleted: a call, task, meeting or note
-- kind: table
-- key: module, id
-- owner: sales operations
-- E-mails are not among them: Zoho lists those of one record at a time.
-- direction: inbound for incoming and missed calls, outbound for all else; null for notes.
-- at: when it took place or is planned for: a call's and a meeting's start, a task's end, a note's
-- creation; null for an open task.
-- completed: it took place: a call that is not scheduled, overdue, cancelled or missed and whose start
-- has come, a meeting that has begun, a task that is closed. is_touch: somebody was or tried to be in
-- touch: whatever is completed but for notes.
-- lead_id, deal_id, contact_id, account_id: what it belongs to, by the ids of its links: those it was
-- first seen with, which conversion may move, and those of now. An activity that was first seen on
-- what a lead became belongs to that lead too, where it took place between creation and conversion.

with logged as (
    select
        'Calls' as module,
        'call' as kind,
        id,
        owner_id,
        created_time,
        coalesce(call_started_at, created_time) as at,
        case when call_type in ('inbound', 'missed') then 'inbound' else 'outbound' end as direction,
        call_type is distinct from 'missed'
            and coalesce(call_status, '') not in ('scheduled', 'overdue', 'cancelled', 'canceled')
            and coalesce(call_started_at, created_time) <= now() as completed,
        null::timestamptz as ends_at,
        array[what_id, who_id] as links
    from crm.crm_calls
    where deleted_at is null
    union all
    select
        'Tasks',
        'task',
        id,
        owner_id,
        created_time,
        case when task_closed_at is not null or task_status = 'completed'
            then coalesce(task_closed_at, modified_time) end,
        'outbound',
        task_closed_at is not null or coalesce(task_status = 'completed', false),
        null,
        array[what_id, who_id]
    from crm.crm_tasks
    where deleted_at is null
    union all
    select
        'Events',
        'meeting',
        id,
        owner_id,
        created_time,
        meeting_starts_at,
        'outbound',
        coalesce(meeting_starts_at <= now(), false),
        meeting_ends_at,
        array[what_id, who_id, participant_lead_id]
    from crm.crm_events
    where deleted_at is null
    union all
    select 'Notes', 'note', id, owner_id, created_time, created_time, null, true, null,
        array[parent_id]
    from crm.crm_notes
    where deleted_at is null
),
first_seen as (
    select distinct on (module, id)
        module,
        id,
        array[
            raw_data #>> '{What_Id,id}',
            raw_data #>> '{Who_Id,id}',
            raw_data #>> '{Parent_Id,id}',
            jsonb_path_query_first(
                raw_data, '$.Participants[*] ? (@.type == "lead").participant') #>> '{}'
        ] as links
    from crm.record_versions
    where module in ('Calls', 'Tasks', 'Events', 'Notes')
    order by module, id, version
),
records as (
    select id, 'Leads' as is_of from crm.leads_raw
    union all
    select id, 'Deals' from crm.crm_deals
    union all
    select id, 'Contacts' from crm.crm_contacts
    union all
    select id, 'Accounts' from crm.crm_accounts
),
linked as (
    select
        n.module,
        n.id,
        -- The link of the first content wins over that of now.
        (array_agg(n.link order by n.is_present, n.link) filter (where r.is_of = 'Leads'))[1]
            as lead_id,
        (array_agg(n.link order by n.is_present, n.link) filter (where r.is_of = 'Deals'))[1]
            as deal_id,
        (array_agg(n.link order by n.is_present, n.link) filter (where r.is_of = 'Contacts'))[1]
            as contact_id,
        (array_agg(n.link order by n.is_present, n.link) filter (where r.is_of = 'Accounts'))[1]
            as account_id
    from (
        select module, id, unnest(links) as link, true as is_present from logged
        union all
        select module, id, unnest(links), false from first_seen
    ) n
    join records r on r.id = n.link
    group by n.module, n.id
),
became as (
    select l.id as lead_id, l.created_time, l.converted_time, r.is_deal, r.id
    from crm.leads_raw l
    cross join lateral (values
        (true, l.deal_id),
        (false, coalesce(
            l.raw_data #>> '{$converted_detail,contact,id}',
            l.raw_data #>> '{$converted_detail,contact}',
            l.raw_data #>> '{Converted_Contact,id}'
        ))
    ) r (is_deal, id)
    where l.is_converted and l.converted_time is not null
),
without_lead as (
    select n.module, n.id, r.record_id
    from linked n
    cross join lateral (values (n.deal_id), (n.contact_id)) r (record_id)
    where n.lead_id is null and r.record_id is not null
),
carried_over as (
    select distinct on (w.module, w.id) w.module, w.id, b.lead_id
    from without_lead w
    join became b on b.id = w.record_id
    join logged g on (g.module, g.id) = (w.module, w.id)
    where g.at between b.created_time and b.converted_time
    order by w.module, w.id, b.is_deal desc, b.created_time desc, b.lead_id
)
select
    g.module,
    g.id,
    g.kind,
    g.direction,
    g.at,
    g.completed,
    g.completed and g.kind <> 'note' as is_touch,
    g.ends_at,
    crm.text_label(g.owner_id) as owner_id,
    g.created_time,
    coalesce(n.lead_id, c.lead_id) as lead_id,
    n.deal_id,
    coalesce(n.contact_id, d.contact_id) as contact_id,
    coalesce(n.account_id, d.account_id) as account_id
from logged g
left join linked n using (module, id)
left join carried_over c using (module, id)
left join crm.crm_deals d on d.id = n.deal_id
