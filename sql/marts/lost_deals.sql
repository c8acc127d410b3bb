-- grain: one row per live lost deal
-- kind: view
-- owner: sales operations
-- reason: what the record gives as the reason, in the first of the fields Lost_Reason,
-- Reason_For_Loss__s (Zoho's own) and Closed_Lost_Reason that is not empty; null where none is.

select
    d.id,
    d.closed_day,
    coalesce(
        nullif(trim(r.raw_data ->> 'Lost_Reason'), ''),
        nullif(trim(r.raw_data ->> 'Reason_For_Loss__s'), ''),
        nullif(trim(r.raw_data ->> 'Closed_Lost_Reason'), '')
    ) as reason
from analytics.deals d
join crm.crm_deals r on r.id = d.id
where d.meaning = 'lost'
