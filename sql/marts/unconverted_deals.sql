-- grain: one row per live deal whose amount cannot be had in the home currency
-- kind: view
-- owner: sales operations
-- Such amounts are in no sum of money. A deal's amount is converted by its own Exchange_Rate; the
-- rate is refused where it is missing, is 0 or less, or is no rate that the currency can have.
-- figures:
--   original_amount (number): Amount as in Zoho, in the currency of the deal
--   exchange_rate (number): Exchange_Rate as in Zoho

select
    h.id,
    h.name,
    h.stage,
    h.meaning,
    h.source,
    h.owner_id,
    coalesce(w.owner_name, h.owner_id) as owner_name,
    h.original_amount,
    h.currency,
    h.exchange_rate
from analytics.deal_history h
left join analytics.owners w on w.owner_id = h.owner_id
where h.is_present and not h.is_deleted and h.is_unconverted
