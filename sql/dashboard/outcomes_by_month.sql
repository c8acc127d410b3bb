-- grain: one row per month in which deals were won or lost, the last twelve up to the period's end
-- Of the chosen sources and owners; of all they are the rows of analytics.outcomes_by_month. Whole
-- months, however short the period; is_partial: the last one, where the period ends before it does.
-- first_day, last_day: what the month counts. A value is null where there are deals and that of none is
-- known.

with outcomes as (
    select o.*, (o.month + interval '1 month' - interval '1 day')::date as month_end
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
    measures.known_value(won_value, won_deals, (
        select v.won_value
        from measures.closed_values(month, last_day, %(sources)s, %(owners)s) v
    )) as won_value,
    lost_deals,
    measures.known_value(lost_value, lost_deals, (
        select v.lost_value
        from measures.closed_values(month, last_day, %(sources)s, %(owners)s) v
    )) as lost_value,
    win_rate_by_count,
    month_end > %(last_day)s::date or month_end >= %(today)s::date as is_partial,
    month as first_day,
    last_day
from outcomes
cross join lateral (select least(month_end, %(last_day)s::date) as last_day) d
order by month
