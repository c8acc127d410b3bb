-- grain: one row per month in which deals closed, the last twelve up to %(today)s and the period's end
-- Of the deals that closed in the period; of all they are the rows of analytics.outcomes_by_month.
-- is_current: the month of today; it is not complete. first_day, last_day: what the month counts.

with months as (
    select
        date_trunc('month', day)::date as month,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value
    from analytics.kpi_parts
    where day <= least(%(today)s::date, coalesce(%(last_day)s::date, 'infinity'))
        and day >= coalesce(%(first_day)s::date, '-infinity')
        and day >= date_trunc(
            'month', least(%(today)s::date, coalesce(%(last_day)s::date, 'infinity'))
        ) - interval '11 months'
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by 1
)
select
    month,
    won_deals,
    won_value,
    lost_deals,
    lost_value,
    measures.pct(won_deals, won_deals + lost_deals) as win_rate_by_count,
    month = date_trunc('month', %(today)s::date) as is_current,
    greatest(month, %(first_day)s::date) as first_day,
    least(
        (month + interval '1 month' - interval '1 day')::date,
        %(last_day)s::date,
        %(today)s::date
    ) as last_day
from months
where won_deals + lost_deals > 0
order by month
