-- grain: one row per live lost deal
-- kind: incremental
-- strategy: delete+insert
-- key: id
-- index: closed_day
-- owner: sales operations
-- reason: what the record gives as the reason, in the first of the fields Lost_Reason,
-- Reason_For_Loss__s (Zoho's own) and Closed_Lost_Reason that is not empty, nor a word that means
-- empty; null where none is.
-- stage: the last open one on which the deal was seen; null where it was seen on none. The other
-- columns are those of analytics.deals.
-- figures:
--   amount (money): Amount as in Zoho, null where empty

with lost as (
    select * from analytics.deals where meaning = 'lost'
),
last_open as (
    select distinct on (id) id, stage
    from analytics.deal_history
    where meaning = 'open' and not is_assumed and id in (select id from lost)
    order by id, said_from desc
)
select
    d.id,
    d.name,
    d.account_name,
    coalesce(
        crm.text_label(r.raw_data ->> 'Lost_Reason'),
        crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
        crm.text_label(r.raw_data ->> 'Closed_Lost_Reason')
    ) as reason,
    o.stage,
    d.amount,
    d.closed_day,
    d.owner_id,
    d.source
from lost d
join crm.crm_deals r on r.id = d.id
left join last_open o on o.id = d.id
