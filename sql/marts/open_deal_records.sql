-- grain: one row per open deal: what the work list reads of its record besides its history
-- kind: incremental
-- strategy: delete+insert
-- key: id
-- owner: sales operations
-- last_activity_time: as Zoho had it when the deal was last read. lacks_next_step: it names none, or
-- with a word that means empty.

select
    h.id,
    r.created_time,
    r.modified_time,
    crm.to_time(r.raw_data ->> 'Last_Activity_Time') as last_activity_time,
    crm.text_key(r.raw_data ->> 'Next_Step') is null as lacks_next_step
from analytics.deal_history h
join crm.crm_deals r on r.id = h.id
where h.is_present and not h.is_deleted and h.meaning = 'open'
