-- grain: one row per stage with open deals, in the order of the pipeline
-- Now; of all sources and owners they are the open rows of analytics.pipeline_by_stage, which says
-- what the columns mean. *_before: at the end of the stretch before the period, null where that is
-- older than the first day known; *_change: since then.

with stages as (
    select
        d.position,
        d.stage,
        count(*) as deals,
        coalesce(sum(d.amount), 0) as value,
        sum(d.weighted_amount) as weighted_value,
        percentile_cont(0.5) within group (order by s.days) as days_in_stage,
        count(*) filter (where r.is_older) as older_deals
    from analytics.deals d
    left join analytics.stage_stays s on s.id = d.id and s.is_standing
    left join analytics.slipping_deals r on r.id = d.id
    where d.meaning = 'open'
        and (%(sources)s::text[] is null or d.source = any(%(sources)s))
        and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
    group by d.position, d.stage
),
before as (
    select stage, sum(open_deals) as deals, sum(open_value) as value
    from measures.open_deals(%(before_last)s::date, %(sources)s, %(owners)s)
    group by stage
),
known as (
    select min(day) <= %(before_last)s::date as is_known from analytics.kpis
)
select
    stage,
    s.deals,
    s.value,
    s.weighted_value,
    s.days_in_stage::numeric as median_days_in_stage,
    case when p.won_limit_days is not null then s.older_deals end as older_deals,
    p.won_limit_days,
    case when k.is_known then coalesce(b.value, 0) end as value_before,
    case when k.is_known then s.value - coalesce(b.value, 0) end as value_change,
    case when k.is_known then s.deals - coalesce(b.deals, 0) end as deals_change
from stages s
cross join known k
join analytics.pipeline_by_stage p using (stage)
left join before b using (stage)
order by s.position, stage
