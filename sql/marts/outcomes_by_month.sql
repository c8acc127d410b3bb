-- grain: one row per month in which a live deal was won or lost
-- kind: table
-- key: month
-- owner: sales operations
-- By closed_day of analytics.deal_history. month: its first day.
-- figures:
--   won_deals (count, Deals): deals won in the month
--   won_value (money, Deals): sum of Amount of the deals won in the month
--   lost_deals (count, Deals): deals lost in the month
--   lost_value (money, Deals): sum of Amount of the deals lost in the month
--   win_rate_by_count (percent, Deals): won / (won + lost) deals closed in the month

select month, won_deals, won_value, lost_deals, lost_value, win_rate_by_count
from measures.outcomes()
