-- grain: one row per day and KPI
-- kind: table
-- key: day, kpi
-- owner: sales operations
-- kpi: a column of analytics.kpis, where it is defined; its average of seven days is mean_7d of
-- new_leads here. unit: count, money or percent (0 to 100), of the value, its bases and changes.
-- A base is null where analytics.kpis lacks the value of a day of it. The row of today is of a day
-- that is not over. Each change is the value less the base, in percent of the base's size where
-- that is not 0; the change of a percentage is in percentage points.
-- figures:
--   value (number): the KPI on the day, or at its end
--   day_before (number): the value of the day before
--   mean_7d (number): mean of the seven days before the day
--   mean_28d (number): mean of the 28 days before the day
--   week_before (number): the value of the same weekday a week before
--   day_before_change (number): value less day_before
--   day_before_change_pct (percent): day_before_change / day_before
--   mean_7d_change (number): value less mean_7d
--   mean_7d_change_pct (percent): mean_7d_change / mean_7d
--   mean_28d_change (number): value less mean_28d
--   mean_28d_change_pct (percent): mean_28d_change / mean_28d
--   week_before_change (number): value less week_before
--   week_before_change_pct (percent): week_before_change / week_before

with figures as (
    select k.day, f.kpi, f.unit, f.value
    from analytics.kpis k
    cross join lateral (values
        ('new_leads', 'count', k.new_leads::numeric),
        ('leads', 'count', k.leads),
        ('junk_leads', 'count', k.junk_leads),
        ('junk_pct', 'percent', k.junk_pct),
        ('open_deals', 'count', k.open_deals),
        ('open_pipeline_value', 'money', k.open_pipeline_value),
        ('weighted_pipeline_value', 'money', k.weighted_pipeline_value),
        ('won_deals', 'count', k.won_deals),
        ('won_value', 'money', k.won_value),
        ('lost_deals', 'count', k.lost_deals),
        ('lost_value', 'money', k.lost_value)
    ) f (kpi, unit, value)
),
bases as (
    select
        *,
        max(value) over (
            record range between interval '1 day' preceding and interval '1 day' preceding
        ) as day_before,
        case when count(value) over week = 7 then avg(value) over week end as mean_7d,
        case when count(value) over month = 28 then avg(value) over month end as mean_28d,
        max(value) over (
            record range between interval '7 days' preceding and interval '7 days' preceding
        ) as week_before
    from figures
    window
        record as (partition by kpi order by day),
        week as (record range between interval '7 days' preceding and interval '1 day' preceding),
        month as (record range between interval '28 days' preceding and interval '1 day' preceding)
)
select
    day,
    kpi,
    unit,
    value,
    day_before,
    mean_7d,
    mean_28d,
    week_before,
    value - day_before as day_before_change,
    measures.change_pct(value, day_before) as day_before_change_pct,
    value - mean_7d as mean_7d_change,
    measures.change_pct(value, mean_7d) as mean_7d_change_pct,
    value - mean_28d as mean_28d_change,
    measures.change_pct(value, mean_28d) as mean_28d_change_pct,
    value - week_before as week_before_change,
    measures.change_pct(value, week_before) as week_before_change_pct
from bases
