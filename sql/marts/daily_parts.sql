-- grain: one row per day, figure, dimension and part in which something happened
-- kind: incremental
-- strategy: merge
-- key: day, figure, dimension, part
-- owner: sales operations
-- What makes up the figures of analytics.changes. The parts of one dimension sum to the figure of
-- the day: new leads and closed deals as in analytics.daily_flows, movements of the open pipeline
-- as in analytics.pipeline_movements and, by stage, analytics.daily_changes.
-- dimension: source; owner (part is the owner's id); of the pipeline also stage and kind, the kind
-- of movement. Within an owner, stage or kind a handing over counts, in all it comes to nothing: it
-- is no event.
-- figures:
--   value (number): what the part adds to the figure of the day; negative where it takes away
--   events (count): leads, deals or movements behind it; null by stage
--   squares (number): the squares of the events' sizes, summed; null by stage

with created as (
    select
        day,
        case when grouping(source) = 0 then 'source' else 'owner' end as dimension,
        coalesce(source, owner_id) as part,
        sum(leads) as leads
    from analytics.lead_volume
    where day is not null
    group by day, grouping sets ((source), (owner_id))
),
closed as (
    select
        closed_day as day,
        meaning,
        case when grouping(source) = 0 then 'source' else 'owner' end as dimension,
        coalesce(source, owner_id) as part,
        count(*) as deals,
        coalesce(sum(amount), 0) as value,
        coalesce(sum(amount * amount), 0) as value_squares
    from analytics.deals
    where closed_day is not null
    group by closed_day, meaning, grouping sets ((source), (owner_id))
),
moved as (
    select
        day,
        case
            when grouping(source) = 0 then 'source'
            when grouping(owner_id) = 0 then 'owner'
            else 'kind'
        end as dimension,
        coalesce(source, owner_id, kind) as part,
        sum(deals) as deals,
        count(nullif(deals, 0)) filter (where kind <> 'handed over') as deals_events,
        sum(value) as value,
        count(nullif(value, 0)) filter (where kind <> 'handed over') as value_events,
        sum(value * value) filter (where kind <> 'handed over') as value_squares,
        sum(weighted_value) as weighted,
        count(nullif(weighted_value, 0)) filter (where kind <> 'handed over') as weighted_events,
        sum(weighted_value * weighted_value) filter (where kind <> 'handed over')
            as weighted_squares
    from analytics.pipeline_movements
    group by day, grouping sets ((source), (owner_id), (kind))
)
select
    day,
    'new_leads' as figure,
    dimension,
    part,
    leads as value,
    leads::bigint as events,
    leads as squares
from created
union all
select c.day, f.figure, c.dimension, c.part, f.value, c.deals, f.squares
from closed c
cross join lateral (values
    (c.meaning || '_deals', c.deals::numeric, c.deals::numeric),
    (c.meaning || '_value', c.value, c.value_squares)
) f (figure, value, squares)
union all
select m.day, f.figure, m.dimension, m.part, f.value, f.events, coalesce(f.squares, 0)
from moved m
cross join lateral (values
    ('open_deals', m.deals::numeric, m.deals_events, m.deals_events::numeric),
    ('open_pipeline_value', m.value, m.value_events, m.value_squares),
    ('weighted_pipeline_value', m.weighted, m.weighted_events, m.weighted_squares)
) f (figure, value, events, squares)
union all
select c.day, f.figure, 'stage', c.step, sum(f.value), null, null
from analytics.daily_changes c
cross join lateral (values
    ('open_deals', c.records::numeric),
    ('open_pipeline_value', c.value),
    ('weighted_pipeline_value', c.weighted_value)
) f (figure, value)
where c.entity = 'deal' and c.meaning = 'open'
group by 1, 2, 3, 4
