-- grain: one row per day, figure, dimension and part in which something happened
-- kind: table
-- key: day, figure, dimension, part
-- owner: sales operations
-- What makes up the figures of analytics.changes. The parts of one dimension sum to the figure of
-- the day: new leads and closed deals as in analytics.daily_flows, movements of the open pipeline
-- as in analytics.pipeline_movements and, by stage, analytics.daily_changes.
-- dimension: source; owner (part is the owner's id); of the pipeline also stage and kind, the kind
-- of movement. Within an owner, stage or kind a handing over counts, in all it comes to nothing.
-- figures:
--   value (number): what the part adds to the figure of the day; negative where it takes away
--   events (count): leads, deals or movements behind it; null by stage
--   squares (number): the squares of the events' sizes, summed; null by stage

with flows as (
    select f.figure, l.day, l.source, l.owner_id, null as kind, f.value, f.events, f.value as squares
    from analytics.lead_volume l
    cross join lateral (values ('new_leads', l.leads::numeric, l.leads)) f (figure, value, events)
    where l.day is not null
    union all
    select f.figure, d.closed_day, d.source, d.owner_id, null, f.value, 1, f.value * f.value
    from analytics.deals d
    cross join lateral (values
        (d.meaning || '_deals', 1::numeric),
        (d.meaning || '_value', coalesce(d.amount, 0))
    ) f (figure, value)
    where d.meaning in ('won', 'lost') and d.closed_day is not null
    union all
    select
        f.figure,
        m.day,
        m.source,
        m.owner_id,
        m.kind,
        f.value,
        case when m.kind <> 'handed over' then 1 else 0 end,
        case when m.kind <> 'handed over' then f.value * f.value else 0 end
    from analytics.pipeline_movements m
    cross join lateral (values
        ('open_deals', m.deals::numeric),
        ('open_pipeline_value', m.value),
        ('weighted_pipeline_value', m.weighted_value)
    ) f (figure, value)
    where m.day is not null and f.value <> 0
)
select
    f.day,
    f.figure,
    p.dimension,
    p.part,
    sum(f.value) as value,
    sum(f.events)::bigint as events,
    sum(f.squares) as squares
from flows f
cross join lateral (values
    ('source', f.source),
    ('owner', f.owner_id),
    ('kind', f.kind)
) p (dimension, part)
where p.part is not null
group by 1, 2, 3, 4
union all
select c.day, f.figure, 'stage', c.step, sum(f.value), null, null
from analytics.daily_changes c
cross join lateral (values
    ('open_deals', c.records::numeric),
    ('open_pipeline_value', c.value),
    ('weighted_pipeline_value', c.weighted_value)
) f (figure, value)
where c.entity = 'deal' and c.meaning = 'open' and f.value <> 0
group by 1, 2, 3, 4
