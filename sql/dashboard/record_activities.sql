-- grain: one row per activity of the lead, deal, contact or account, at most 50: what is open and ahead,
-- then the latest
-- A deal's are also those of its contact that are the deal's too (measures.is_of_contacts_deal), as
-- analytics.deal_silence counts them; an account's those of its contacts that are of no account
-- themselves. state: null where it took place, else why not, in words. A call whose time is over and
-- that is still scheduled was not held, as far as the CRM knows; Zoho calls some of these overdue.

with deal as (
    select contact_id, created_time
    from crm.crm_deals
    where %(module)s = 'Deals' and id = %(id)s
),
found as (
    select *
    from analytics.activities
    where not is_deleted and (
        %(module)s = 'Leads' and lead_id = %(id)s
        or %(module)s = 'Deals' and deal_id = %(id)s
        or contact_id = (select contact_id from deal)
            and measures.is_of_contacts_deal(deal_id, at, (select created_time from deal))
        or %(module)s = 'Contacts' and contact_id = %(id)s
        or %(module)s = 'Accounts' and account_id = %(id)s
        or %(module)s = 'Accounts' and account_id is null and contact_id = any(array(
            select id from crm.crm_contacts where account_id = %(id)s
        ))
    )
),
latest as (
    select *
    from found
    order by at desc nulls first, module, id
    limit 50
),
titles as (
    select 'Calls' as module, id, raw_data ->> 'Subject' as title, call_status
    from crm.crm_calls
    where id in (select id from latest)
    union all
    select 'Tasks', id, raw_data ->> 'Subject', null
    from crm.crm_tasks
    where id in (select id from latest)
    union all
    select 'Events', id, raw_data ->> 'Event_Title', null
    from crm.crm_events
    where id in (select id from latest)
    union all
    select 'Notes', id, coalesce(raw_data ->> 'Note_Title', left(raw_data ->> 'Note_Content', 100)),
        null
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
        when l.is_called_off then 'cancelled'
        when l.at > now() then 'planned'
        when l.takes_place then null
        when l.kind = 'task' then 'open'
        when l.kind = 'email' then 'automatic or not delivered'
        when l.kind = 'meeting' then 'no time set'
        when t.call_status = 'scheduled' then 'not held'
        when t.call_status = 'overdue' then 'overdue'
        else 'missed'
    end as state
from latest l
cross join crm.organisation o
left join titles t on t.module = l.module and t.id = l.id
left join analytics.owners w on w.owner_id = l.owner_id
order by l.at desc nulls first, l.module, l.id
