-- grain: one row per figure that is unusual on the last whole day up to the period's end, and part of it
-- The strongest change of each figure (over 1 or over 7 days), with the parts of the dimension that
-- explain it best: the one whose largest part is the largest share. Of the chosen sources and owners,
-- against their own normal; then without parts, which are kept of the whole company alone.
-- assumed_pct: how much of the pipeline behind the normal is assumed, where it is so much that it has
-- to be told (measures.much_assumed). is_told: of a movement of the pipeline, that Zoho's own history
-- tells it (measures.is_pipeline_told). score: at least 3 either way. parts: at most five, then the rest
-- together; they sum to the change.

with newest as (
    select max(day) as day
    from analytics.changes
    where day < %(today)s::date and day <= coalesce(%(last_day)s::date, 'infinity')
),
chosen as materialized (
    select distinct on (c.figure) c.*
    from newest n
    cross join lateral measures.known_changes(
        n.day, n.day, %(sources)s::text[], %(owners)s::text[]
    ) c
    where c.is_unusual
    order by c.figure, abs(c.score) desc, c.days
),
assumed as materialized (
    select day, measures.much_assumed(pct) as pct
    from measures.assumed_pcts(
        array(
            select distinct measures.day_behind(compared_with, days)
            from chosen
            where topic = 'pipeline'
        ),
        %(sources)s, %(owners)s
    )
),
causes as materialized (
    select p.*, sign(c.change) as direction
    from analytics.change_causes p
    join chosen c using (day, figure, days)
    where coalesce(%(sources)s::text[], %(owners)s::text[]) is null
),
dimensions as (
    select distinct on (figure) figure, dimension
    from causes
    where dimension <> 'kind' and position = 1
    order by figure, change * direction desc, dimension
),
parts as (
    select
        p.figure,
        least(p.position, 6) as place,
        case when p.position < 6 then p.name else 'All others' end as name,
        case when p.position < 6 then p.part end as part,
        d.dimension,
        p.change
    from causes p
    join dimensions d using (figure, dimension)
)
select
    'unusual' as kind,
    c.day,
    c.figure,
    c.days,
    c.unit,
    c.value,
    c.normal,
    c.change,
    c.score,
    c.is_good,
    c.comparable_days,
    p.dimension,
    p.name,
    p.part,
    p.place,
    a.pct as assumed_pct,
    c.topic = 'pipeline'
        and measures.is_pipeline_told(c.day - c.days + 1, c.day, %(sources)s, %(owners)s) as is_told,
    sum(p.change) as part_change
from chosen c
left join assumed a
    on c.topic = 'pipeline' and a.day = measures.day_behind(c.compared_with, c.days)
left join parts p using (figure)
group by c.day, c.figure, c.days, c.topic, c.unit, c.value, c.normal, c.change, c.score, c.is_good,
    c.comparable_days, a.pct, p.dimension, p.name, p.part, p.place
order by abs(c.score) desc, c.figure, p.place
