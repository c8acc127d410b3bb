-- grain: one row per day, figure, dimension and part in which something happened
-- kind: incremental
-- strategy: merge
-- key: day, figure, dimension, part
-- owner: sales operations
-- What makes up the figures of analytics.changes. The parts of one dimension sum to the figure of
-- the day: new leads and closed deals as in analytics.daily_flows, movements of the open pipeline
-- as in analytics.pipeline_movements and, by stage, analytics.daily_changes.
-- dimension: source; owner (part is the owner's id); of the pipeline also stage and kind, the kind
-- of movement. Within an owner, stage or kind a handing over counts, in all it comes to nothing.
-- figures:
--   value (number): what the part adds to the figure of the day; negative where it takes away

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
        coalesce(sum(amount), 0) as value
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
        sum(value) as value,
        sum(weighted_value) as weighted
    from analytics.pipeline_movements
    group by day, grouping sets ((source), (owner_id), (kind))
)
select day, 'new_leads' as figure, dimension, part, leads as value
from created
union all
select c.day, f.figure, c.dimension, c.part, f.value
from closed c
cross join lateral (values
    (c.meaning || '_deals', c.deals::numeric),
    (c.meaning || '_value', c.value)
) f (figure, value)
union all
select m.day, f.figure, m.dimension, m.part, f.value
from moved m
cross join lateral (values
    ('open_deals', m.deals::numeric),
    ('open_pipeline_value', m.value),
    ('weighted_pipeline_value', m.weighted)
) f (figure, value)
union all
select c.day, f.figure, 'stage', c.step, sum(f.value)
from analytics.daily_changes c
cross join lateral (values
    ('open_deals', c.records::numeric),
    ('open_pipeline_value', c.value),
    ('weighted_pipeline_value', c.weighted_value)
) f (figure, value)
where c.entity = 'deal' and c.meaning = 'open'
group by 1, 2, 3, 4
