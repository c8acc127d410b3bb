-- grain: one row per day on which a live lead was created or a live deal closed
-- kind: incremental
-- strategy: merge
-- key: day
-- owner: sales operations
-- By what is known now: leads by Created_Time, converted ones included; deals by closed_day of
-- analytics.deal_history. Deleted records are in none.
-- figures:
--   new_leads (count): live leads created on the day, converted ones included
--   won_deals (count): won deals that closed on the day
--   won_value (money): sum of Amount of the won deals that closed on the day
--   lost_deals (count): lost deals that closed on the day
--   lost_value (money): sum of Amount of the lost deals that closed on the day

with created as (
    select day, count(*) as new_leads
    from analytics.leads
    where day is not null
    group by day
),
closed as (
    select
        closed_day as day,
        count(*) filter (where meaning = 'won') as won_deals,
        sum(amount) filter (where meaning = 'won') as won_value,
        count(*) filter (where meaning = 'lost') as lost_deals,
        sum(amount) filter (where meaning = 'lost') as lost_value
    from analytics.deals
    where closed_day is not null
    group by closed_day
)
select
    day,
    coalesce(n.new_leads, 0) as new_leads,
    coalesce(c.won_deals, 0) as won_deals,
    coalesce(c.won_value, 0) as won_value,
    coalesce(c.lost_deals, 0) as lost_deals,
    coalesce(c.lost_value, 0) as lost_value
from created n
full join closed c using (day)
