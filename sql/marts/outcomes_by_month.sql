-- grain: one row per month in which a live deal was won or lost
-- kind: table
-- key: month
-- owner: sales operations
-- By closed_day of analytics.deal_history. month: its first day.
-- figures:
--   won_deals (count): deals won in the month
--   won_value (money): sum of Amount of the deals won in the month
--   lost_deals (count): deals lost in the month
--   lost_value (money): sum of Amount of the deals lost in the month
--   win_rate_by_count (percent): won / (won + lost) deals closed in the month

select
    date_trunc('month', closed_day::timestamp)::date as month,
    count(*) filter (where meaning = 'won') as won_deals,
    coalesce(sum(amount) filter (where meaning = 'won'), 0) as won_value,
    count(*) filter (where meaning = 'lost') as lost_deals,
    coalesce(sum(amount) filter (where meaning = 'lost'), 0) as lost_value,
    measures.pct(count(*) filter (where meaning = 'won'), count(*)) as win_rate_by_count
from analytics.deals
where meaning in ('won', 'lost')
group by 1
