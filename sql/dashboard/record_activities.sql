-- grain: one row per activity of the lead, deal or contact, at most 50: what is open and ahead, then the latest
-- A deal's are also those of the contact it names since the deal was created, unless they are of
-- another deal: those that analytics.deal_silence counts. state: null where it took place, else why
-- not, in a word.

with found as (
    select *
    from analytics.activities
    where %(module)s = 'Leads' and lead_id = %(id)s and not is_deleted
    union all
    select *
    from analytics.activities
    where %(module)s = 'Deals' and deal_id = %(id)s and not is_deleted
    union all
    select *
    from analytics.activities
    where %(module)s = 'Contacts' and contact_id = %(id)s and not is_deleted
    union all
    select a.*
    from crm.crm_deals d
    join analytics.activities a on a.contact_id = d.contact_id
    where %(module)s = 'Deals' and d.id = %(id)s
        and a.deal_id is null and a.at >= d.created_time and not a.is_deleted
),
latest as (
    select *
    from found
    order by at desc nulls first, module, id
    limit 50
),
titles as (
    select 'Calls' as module, id, raw_data ->> 'Subject' as title
    from crm.crm_calls
    where id in (select id from latest)
    union all
    select 'Tasks', id, raw_data ->> 'Subject'
    from crm.crm_tasks
    where id in (select id from latest)
    union all
    select 'Events', id, raw_data ->> 'Event_Title'
    from crm.crm_events
    where id in (select id from latest)
    union all
    select 'Notes', id, coalesce(raw_data ->> 'Note_Title', left(raw_data ->> 'Note_Content', 100))
    from crm.crm_notes
    where id in (select id from latest)
)
select
    l.kind,
    l.direction,
    l.at at time zone o.timezone as at,
    t.title,
    coalesce(w.owner_name, l.owner_id) as owner_name,
    case
        when l.at > now() then 'planned'
        when l.takes_place then null
        when l.kind = 'task' then 'open'
        when l.kind = 'email' then 'automatic or not delivered'
        when l.direction = 'inbound' then 'missed'
        else 'cancelled'
    end as state
from latest l
cross join crm.organisation o
left join titles t on t.module = l.module and t.id = l.id
left join analytics.owners w on w.owner_id = l.owner_id
order by l.at desc nulls first, l.module, l.id
