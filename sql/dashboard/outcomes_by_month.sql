-- grain: one row per month in which deals were won or lost, the last twelve up to the period's end
-- Of the chosen sources and owners; of all they are the rows of analytics.outcomes_by_month. Whole
-- months, however short the period; is_partial: the last one, where the period ends before it does.
-- first_day, last_day: what the month counts.

with outcomes as (
    select o.*, (o.month + interval '1 month' - interval '1 day')::date as last_day
    from measures.outcomes(
        (date_trunc('month', %(last_day)s::date::timestamp) - interval '11 months')::date,
        %(last_day)s,
        %(sources)s,
        %(owners)s
    ) o
)
select
    month,
    won_deals,
    won_value,
    lost_deals,
    lost_value,
    win_rate_by_count,
    last_day > %(last_day)s::date or last_day >= %(today)s::date as is_partial,
    month as first_day,
    least(last_day, %(last_day)s::date) as last_day
from outcomes
order by month
