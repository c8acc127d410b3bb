-- asset: analytics/deal_history
-- severity: warn
-- blocking: no
-- description: Amounts of these deals cannot be had in the home currency, so they are in no sum.
-- Correct Currency and Exchange_Rate in Zoho, or set AHA_EXCHANGE_RATE to multiply or divide.

select
    h.currency,
    count(*) as deals,
    sum(h.original_amount) as original_amount,
    min(h.exchange_rate) as lowest_rate,
    max(h.exchange_rate) as highest_rate
from analytics.deal_history h
where h.is_present and not h.is_deleted and h.is_unconverted
group by h.currency
