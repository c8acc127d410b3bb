-- grain: one row per live lead
-- kind: view
-- owner: sales operations
-- A live lead is one that is not deleted; converted leads are live.
-- meaning: converted when Zoho says so, whatever the status; else crm.picklist_meaning; a status
-- that is empty or not listed there counts as open.
-- is_qualified: the meaning is qualified or converted.
-- position: of the status in crm.picklist_meaning; converted leads stand at 'converted', unlisted
-- statuses just after the last open one.
-- day, converted_day: of Created_Time and Converted_Date_Time in the organisation's time zone.
-- deal_id: the deal that the conversion made, where the lead names it.

with steps as (
    select
        coalesce(max(position) filter (where meaning = 'open'), 0) + 1 as unlisted,
        max(position) filter (where meaning = 'converted') as converted
    from crm.picklist_meaning
    where module = 'Leads'
),
known as (
    select
        l.*,
        o.timezone,
        case when l.is_converted then 'converted' else coalesce(m.meaning, 'open') end as meaning,
        case when l.is_converted then s.converted else m.position end as listed_position,
        s.unlisted
    from crm.leads_raw l
    join crm.organisation o on o.singleton
    cross join steps s
    left join crm.picklist_meaning m on m.module = 'Leads' and m.value = l.lead_status
    where l.deleted_at is null
)
select
    k.id,
    k.full_name as name,
    k.company,
    coalesce(nullif(trim(k.lead_source), ''), '(none)') as source,
    coalesce(nullif(trim(k.lead_status), ''), '(none)') as status,
    k.meaning,
    coalesce(k.listed_position, k.unlisted) as position,
    k.is_converted,
    k.meaning in ('qualified', 'converted') as is_qualified,
    coalesce(nullif(trim(k.owner_id), ''), '(none)') as owner_id,
    coalesce(w.owner_name, nullif(trim(k.owner_id), ''), '(none)') as owner_name,
    k.created_time,
    (k.created_time at time zone k.timezone)::date as day,
    k.converted_time,
    (k.converted_time at time zone k.timezone)::date as converted_day,
    k.modified_time,
    case when k.is_converted then k.deal_id end as deal_id
from known k
left join analytics.owners w on w.owner_id = k.owner_id
