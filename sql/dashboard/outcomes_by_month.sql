-- grain: one row per month in which deals were won or lost, the last twelve up to the period's end
-- Of the chosen sources and owners; of all they are the rows of analytics.outcomes_by_month. Whole
-- months, however short the period; is_partial: the last one, where the period ends before it does.
-- first_day, last_day: what the month counts.

with months as (
    select m::date as month, (m + interval '1 month' - interval '1 day')::date as last_day
    from generate_series(
        date_trunc('month', %(last_day)s::date::timestamp) - interval '11 months',
        %(last_day)s::date,
        interval '1 month'
    ) m
)
select
    m.month,
    sum(p.won_deals) as won_deals,
    sum(p.won_value) as won_value,
    sum(p.lost_deals) as lost_deals,
    sum(p.lost_value) as lost_value,
    measures.pct(sum(p.won_deals), sum(p.won_deals + p.lost_deals)) as win_rate_by_count,
    m.last_day > %(last_day)s::date or m.last_day >= %(today)s::date as is_partial,
    m.month as first_day,
    least(m.last_day, %(last_day)s::date) as last_day
from months m
cross join lateral measures.period(
    m.month, least(m.last_day, %(last_day)s::date), %(sources)s, %(owners)s
) p
group by m.month, m.last_day
having sum(p.won_deals + p.lost_deals) > 0
order by m.month
