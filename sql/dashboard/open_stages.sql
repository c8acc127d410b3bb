-- grain: one row per stage with open deals, in the order of the pipeline
-- Now; of all sources and owners they are the open rows of analytics.pipeline_by_stage, which says
-- what the columns mean. *_before: at the end of the stretch before the period, null where that is
-- older than the first day known or the first deal, and where the stage of so much of what was open
-- then is not known that it has to be told: unplaced_pct (measures.much_assumed); *_change: since then.
-- before_assumed_pct: of what was open then, likewise; untimed_pct: likewise, of all these deals, those
-- of which it is not known since when they are in their stage. Values are null where there are deals and
-- that of none is known.

with stages as (
    select * from analytics.pipeline_by_stage
    where coalesce(%(sources)s::text[], %(owners)s::text[]) is null
    union all
    select * from measures.stages(%(sources)s, %(owners)s)
    where coalesce(%(sources)s::text[], %(owners)s::text[]) is not null
),
before as (
    select
        stage,
        open_deals as deals,
        open_value as value,
        measures.known_value(open_value, open_deals, (
            select v.open_value
            from measures.open_values(%(before_last)s, stage, %(sources)s, %(owners)s) v
        )) as known_value
    from measures.open_deals(%(before_last)s::date, %(sources)s, %(owners)s)
),
unplaced as (
    select measures.much_assumed(coalesce(
        measures.pct(sum(value) filter (where stage = '(not known)'), sum(value)),
        measures.pct(sum(deals) filter (where stage = '(not known)'), sum(deals))
    )) as pct
    from before
),
known as materialized ( -- else worked out for each stage
    select
        min(day) <= %(before_last)s::date
            and exists (select from analytics.deals where day <= %(before_last)s::date)
            and (select pct is null from unplaced) as is_known,
        measures.much_assumed(
            measures.assumed_pct(%(before_last)s::date, %(sources)s, %(owners)s)
        ) as assumed_pct
    from analytics.kpis
)
select
    stage,
    s.deals,
    s.value,
    s.weighted_value,
    s.median_days_in_stage,
    s.older_deals,
    s.won_limit_days,
    case when k.is_known then c.value end as value_before,
    case when k.is_known then s.value - c.value end as value_change,
    case when k.is_known then s.deals - coalesce(b.deals, 0) end as deals_change,
    case when k.is_known then k.assumed_pct end as before_assumed_pct,
    u.pct as unplaced_pct,
    s.untimed_deals,
    measures.much_assumed(
        measures.pct(sum(s.untimed_deals) over (), sum(s.deals) over ())
    ) as untimed_pct
from stages s
cross join known k
cross join unplaced u
left join before b using (stage)
cross join lateral (
    select case when b.stage is null then 0 else b.known_value end as value
) c
where s.meaning = 'open'
order by s.position, stage
