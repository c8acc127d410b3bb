-- grain: one row per month, the last twelve up to %(today)s
-- is_current: the month of that day; it is not complete.

select
    m.month,
    m.won_deals,
    m.won_value,
    m.lost_deals,
    m.lost_value,
    m.win_rate_by_count,
    m.month = date_trunc('month', %(today)s::date) as is_current
from analytics.outcomes_by_month m
where m.month > date_trunc('month', %(today)s::date) - interval '12 months'
    and m.month <= %(today)s::date
order by m.month
