-- grain: one row per live deal
-- kind: view
-- owner: sales operations
-- A live deal is one that is not deleted. The columns are those of analytics.deal_history, as the
-- deal says now. day: of Created_Time in the organisation's time zone.
-- figures:
--   probability (percent): won 100, lost 0; open: the deal's own Probability if it can be one, else
--     the stage's
--   amount (money): Amount as in Zoho, null where empty
--   weighted_amount (money): amount times probability, 0 without one of them

select
    h.id,
    h.name,
    h.stage,
    h.meaning,
    h.position,
    h.probability,
    h.amount,
    h.closing_date,
    h.closed_day,
    h.source,
    h.owner_id,
    coalesce(w.owner_name, h.owner_id) as owner_name,
    h.account_id,
    h.account_name,
    h.day,
    h.weighted_amount
from analytics.deal_history h
left join analytics.owners w on w.owner_id = h.owner_id
where h.is_present and not h.is_deleted
