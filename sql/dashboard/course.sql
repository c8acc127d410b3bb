-- grain: one row per period that holds today: the month, the fiscal quarter, the fiscal year
-- Pace as in analytics.pace and the newest forecast with its record, of the whole company or of one
-- owner. The columns of pace other than won are null for an owner without a target, those of the
-- forecast for the year and where none was made in the period yet. silent: why there is none.
-- unvalued_deals: of the won ones, those that are not in the value. Where the value of none is known, the
-- value is null, and all of pace that is made of it; what open deals would bring, where that of none is.

with whom as (
    select coalesce(%(owner)s::text, '') as owner_id
),
summed as (
    select p.period, p.first_day, p.last_day,
        coalesce(sum(w.won_value), 0) as sum_value, coalesce(sum(w.won_deals), 0) as won_deals
    from measures.periods_of(%(today)s::date) p
    left join measures.kpi_changes(
        null, case when %(owner)s::text <> '' then array[%(owner)s::text] end
    ) w on w.day between p.first_day and %(today)s::date
    group by p.period, p.first_day, p.last_day
),
won as (
    select s.*, measures.known_value(s.sum_value, s.won_deals, (
        select v.won_value
        from measures.closed_values(
            s.first_day,
            %(today)s::date,
            null,
            case when %(owner)s::text <> '' then array[%(owner)s::text] end
        ) v
    )) as won_value
    from summed s
),
unvalued as (
    select p.period, u.won_deals as deals
    from measures.periods_of(%(today)s::date) p
    cross join measures.unvalued_deals(
        p.first_day, %(today)s::date, null,
        case when %(owner)s::text <> '' then array[%(owner)s::text] end
    ) u
),
newest as (
    select distinct on (f.period) f.*
    from analytics.forecasts f
    join whom using (owner_id)
    where f.day <= %(today)s::date and f.last_day >= %(today)s::date
    order by f.period, f.day desc
)
select
    w.period,
    w.first_day,
    w.last_day,
    w.won_value,
    w.won_deals,
    u.deals as unvalued_deals,
    p.target_value,
    case when w.won_value is not null then p.to_go_value end as to_go_value,
    case when w.won_value is not null then p.attained_pct end as attained_pct,
    p.days_gone,
    p.days_left,
    case when w.won_value is not null then p.needed_a_day end as needed_a_day,
    p.usual_pct,
    p.usual_low_pct,
    p.usual_high_pct,
    p.usual_periods,
    case when w.won_value is not null then p.ahead_value end as ahead_value,
    case when w.won_value is not null then abs(p.ahead_value) end as off_value,
    case when w.won_value is not null then abs(p.to_go_value) end as to_go_size,
    c.value as closing_value,
    case when w.won_value is not null and c.value is not null then p.coverage_pct end as coverage_pct,
    case when w.won_value is not null and c.value is not null then p.weighted_coverage_pct end
        as weighted_coverage_pct,
    p.reps_target_value,
    p.sources_target_value,
    f.day as forecast_day,
    f.value_p10,
    f.value_p25,
    f.value_p50,
    f.value_p75,
    f.value_p90,
    f.deals_p10,
    f.deals_p90,
    f.closed_deals,
    f.silent,
    r.periods,
    r.inside_80,
    r.back_tests,
    r.than_weighted_periods,
    r.than_weighted_pct,
    abs(r.than_weighted_pct) as than_weighted_size,
    r.than_paced_periods,
    r.than_paced_pct,
    abs(r.than_paced_pct) as than_paced_size
from won w
join unvalued u using (period)
cross join whom
left join analytics.pace p
    on (p.period, p.first_day, p.last_day) = (w.period, w.first_day, w.last_day)
    and case when whom.owner_id = '' then p.scope = 'company'
        else p.scope = 'rep' and p.owner_id = whom.owner_id end
cross join lateral (
    select measures.known_value(p.closing_value, p.closing_deals, (
        select sum(d.amount)
        from analytics.open_deals d
        where d.closing_date between w.first_day and w.last_day
            and whom.owner_id in ('', d.owner_id)
    )) as value
) c
left join newest f on f.period = w.period
left join lateral measures.forecast_record(
    %(today)s::date, w.period, whom.owner_id, f.last_day - f.day
) r on f.silent is null and f.day is not null
order by w.last_day - w.first_day
