-- grain: one row per day of the present month
-- won_value: won in the month up to the end of the day, null for days to come, and
-- where the value of no deal won by then is known. usual_value, low and
-- high: where the target would stand by then, as the months before closed; null without a target, or
-- without a whole month before. The forecast is that of course.sql, on the last day alone.

with whom as (
    select coalesce(%(owner)s::text, '') as owner_id
),
month as (
    select p.first_day, p.last_day, whom.owner_id, a.target_value
    from whom
    cross join measures.periods_of(%(today)s::date) p
    left join analytics.pace a
        on (a.period, a.first_day, a.last_day) = (p.period, p.first_day, p.last_day)
        and case when whom.owner_id = '' then a.scope = 'company'
            else a.scope = 'rep' and a.owner_id = whom.owner_id end
    where p.period = 'month'
),
days as (
    select m.*, d.day::date as day
    from month m
    cross join lateral generate_series(m.first_day::timestamp, m.last_day, interval '1 day') d (day)
),
won as (
    select k.day, k.won_value, k.won_deals
    from measures.kpi_changes(
        null, case when %(owner)s::text <> '' then array[%(owner)s::text] end
    ) k
    join month m on k.day between m.first_day and %(today)s::date
),
so_far as (
    select
        d.*,
        coalesce(sum(w.won_value) over by_day, 0) as won_value,
        coalesce(sum(w.won_deals) over by_day, 0) as won_deals
    from days d
    left join won w using (day)
    window by_day as (order by d.day)
),
newest as (
    select f.last_day, f.value_p10, f.value_p50, f.value_p90
    from analytics.forecasts f
    join whom using (owner_id)
    where f.period = 'month' and f.day <= %(today)s::date and f.last_day >= %(today)s::date
    order by f.day desc
    limit 1
)
select
    d.day,
    case when d.day <= %(today)s::date then measures.known_value(d.won_value, d.won_deals, (
        select v.won_value
        from measures.closed_values(
            d.first_day, d.day, null, case when %(owner)s::text <> '' then array[%(owner)s::text] end
        ) v
    )) end as won_value,
    d.target_value,
    u.usual_value,
    u.usual_low_value,
    u.usual_high_value,
    f.value_p10,
    f.value_p50,
    f.value_p90
from so_far d
cross join lateral measures.usual_course(
    d.target_value, 'month', d.first_day, d.last_day, d.day - d.first_day + 1
) u
left join newest f on f.last_day = d.day
order by d.day
