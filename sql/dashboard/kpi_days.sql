-- grain: one row per day: the last 30 whole days that are known up to the period's end, or all of the
-- period where it is longer, at most 120, and the part-day of today
-- Of the chosen sources and owners; of all they are the figures of analytics.kpis.
-- is_today: the part-day, up to which the CRM has been read. is_shown: the day of the cards, the last
-- whole one. Changes of stocks are against the day a week before, new_leads_change against the mean
-- of the seven days before. *_month: from the first of the month to the day; *_month_change: against
-- the same days of the month before. They are null unless every day of the stretch is known.

with known as (
    select min(day) as first_day, max(day) as last_day from analytics.kpis
),
kpis as (
    select k.*
    from known n
    cross join lateral measures.kpis(n.first_day, n.last_day, %(sources)s, %(owners)s) k
    join analytics.kpis t on t.day = k.day
),
shown as (
    select max(day) as day
    from kpis
    where day < %(today)s::date and day <= coalesce(%(last_day)s::date, 'infinity')
),
stretch as (
    select
        coalesce(day, %(today)s::date) as last_day,
        greatest(
            least(coalesce(%(first_day)s::date, 'infinity'), coalesce(day, %(today)s::date) - 29),
            coalesce(day, %(today)s::date) - 119
        ) as first_day
    from shown
)
select
    k.day,
    k.day = %(today)s::date as is_today,
    k.day is not distinct from s.day as is_shown,
    k.day - 7 as week_before,
    k.new_leads,
    k.new_leads_avg_7d,
    k.new_leads - k.new_leads_avg_7d as new_leads_change,
    k.junk_pct,
    k.junk_pct - w.junk_pct as junk_pct_change,
    k.leads,
    k.junk_leads,
    k.open_deals,
    k.open_deals - w.open_deals as open_deals_change,
    k.open_pipeline_value,
    k.open_pipeline_value - w.open_pipeline_value as open_pipeline_value_change,
    k.weighted_pipeline_value,
    k.weighted_pipeline_value - w.weighted_pipeline_value as weighted_pipeline_value_change,
    k.won_deals,
    k.won_value,
    k.lost_deals,
    k.lost_value,
    m.won_deals as won_deals_month,
    m.won_value as won_value_month,
    m.won_value - b.won_value as won_value_month_change,
    m.lost_deals as lost_deals_month,
    m.lost_value as lost_value_month,
    m.lost_deals - b.lost_deals as lost_deals_month_change,
    date_trunc('month', k.day)::date as month_from,
    (date_trunc('month', k.day) - interval '1 month')::date as month_before_from,
    (k.day - interval '1 month')::date as month_before_until
from kpis k
cross join shown s
cross join stretch t
left join kpis w on w.day = k.day - 7
left join lateral (
    select
        sum(n.won_deals) as won_deals,
        sum(n.won_value) as won_value,
        sum(n.lost_deals) as lost_deals,
        sum(n.lost_value) as lost_value
    from kpis n
    where n.day between date_trunc('month', k.day)::date and k.day
    having count(*) = k.day - date_trunc('month', k.day)::date + 1
) m on k.day = s.day
left join lateral (
    select sum(n.won_value) as won_value, sum(n.lost_deals) as lost_deals
    from kpis n
    where n.day between (date_trunc('month', k.day) - interval '1 month')::date
        and (k.day - interval '1 month')::date
    having count(*) = (k.day - interval '1 month')::date
        - (date_trunc('month', k.day) - interval '1 month')::date + 1
) b on k.day = s.day
where k.day >= t.first_day
    and (k.day <= t.last_day or (k.day = %(today)s::date and %(today)s::date - 1 <= t.last_day
        and coalesce(%(last_day)s::date, 'infinity') >= %(today)s::date - 1))
order by k.day
