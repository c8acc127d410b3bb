-- grain: one row per live lead
-- kind: view
-- owner: sales operations
-- A live lead is one that is not deleted; converted leads are live. The columns are those of
-- analytics.lead_history, as the lead says now; what else it says is in crm.leads_raw.
-- step: of the funnel: the status, for converted leads 'Converted'.
-- is_qualified: the meaning is qualified or converted.

select
    h.id,
    h.source,
    h.status,
    case when h.is_converted then 'Converted' else h.status end as step,
    h.meaning,
    h.position,
    h.is_converted,
    h.meaning in ('qualified', 'converted') as is_qualified,
    h.owner_id,
    coalesce(w.owner_name, h.owner_id) as owner_name,
    h.day,
    h.converted_day,
    h.deal_id
from analytics.lead_history h
left join analytics.owners w on w.owner_id = h.owner_id
where h.is_present and not h.is_deleted
