-- grain: one row per change and part of a dimension; of a run of days only the last 35
-- kind: daily
-- owner: sales operations
-- Where each change of analytics.changes came from. The changes of the parts of one dimension sum
-- to the change of the whole, exactly; so do their values and normals, except for junk_pct.
-- dimension: source, owner; of the open pipeline also stage and kind of movement, as in
-- analytics.daily_parts. part: the source, owner id, stage or kind; name: the same to read.
-- A part's normal is its mean over the same days as that of the whole (compared_with), which is
-- why they add up. Parts that were nothing on all of these days have no row.
-- junk_pct: value and normal of a part are its own junk share, null where it had no lead, and
-- change is what its own share did to the share of the whole: the difference of its shares times
-- the mean of its weights in the leads of both times. What is left, one row without a part and
-- named '(mix)', came from the weights: leads moved between parts with more and with less junk
-- (decomposition of Kitagawa, 1955, with the rounding of the other parts).
-- position: 1 for the part that did most in the direction of the whole; equal ones by part.
-- figures:
--   days (days): days that the figure is taken over, as in analytics.changes
--   value (number): the part's figure; in the unit of the change
--   normal (number): what it usually is
--   change (number): what the part adds to the change of the whole

with changed as (
    select day, figure, days, sign(change) as sign, change, compared_with
    from analytics.changes
    where day between greatest(%(first_day)s::date, %(last_day)s::date - 34) and %(last_day)s
        and normal is not null
),
ends as (
    select
        c.day,
        c.figure,
        c.days,
        c.sign,
        c.change,
        e.end_day,
        e.end_day = c.day as is_present,
        measures.share_of_middle(cardinality(c.compared_with)) as share
    from changed c
    cross join lateral unnest(c.day || c.compared_with) e (end_day)
),
moved as (
    select
        e.day,
        e.figure,
        e.days,
        e.sign,
        p.dimension,
        p.part,
        coalesce(sum(p.value) filter (where e.is_present), 0) as value,
        coalesce(sum(p.value * e.share) filter (where not e.is_present), 0) as normal
    from ends e
    cross join lateral generate_series(0, e.days - 1) g (back)
    join analytics.daily_parts p on p.day = e.end_day - g.back and p.figure = e.figure
    group by 1, 2, 3, 4, 5, 6
),
weeks as (
    select
        e.day,
        p.dimension,
        p.part,
        sum(w.leads) filter (where e.is_present) as leads,
        sum(w.junk_leads) filter (where e.is_present) as junk,
        sum(w.leads) filter (where not e.is_present) as usual_leads,
        sum(w.junk_leads) filter (where not e.is_present) as usual_junk
    from ends e
    join analytics.week_leads w on w.day = e.end_day
    cross join lateral (values ('source', w.source), ('owner', w.owner_id)) p (dimension, part)
    where e.figure = 'junk_pct'
    group by 1, 2, 3
),
shares as (
    select
        day,
        dimension,
        part,
        measures.pct(junk, leads) as value,
        measures.pct(usual_junk, usual_leads) as normal,
        measures.mean_weight(
            leads, sum(leads) over whole, usual_leads, sum(usual_leads) over whole
        ) as weight
    from weeks
    window whole as (partition by day, dimension)
),
effects as (
    select
        s.day,
        s.dimension,
        s.part,
        s.value,
        s.normal,
        coalesce((s.value - s.normal) * s.weight, 0) as change
    from shares s
),
parts as (
    select day, figure, days, dimension, part, value, normal, value - normal as change
    from moved
    where value <> 0 or normal <> 0
    union all
    select day, 'junk_pct', 7, dimension, part, value, normal, change
    from effects
    union all
    select e.day, 'junk_pct', 7, e.dimension, null, null, null, c.change - sum(e.change)
    from effects e
    join changed c on c.day = e.day and c.figure = 'junk_pct'
    group by e.day, e.dimension, c.change
)
select
    p.day,
    p.figure,
    p.days,
    p.dimension,
    p.part,
    coalesce(w.owner_name, p.part, '(mix)') as name,
    p.value,
    p.normal,
    p.change,
    row_number() over (
        partition by p.day, p.figure, p.days, p.dimension
        order by p.change * c.sign desc, p.part collate "C"
    ) as position
from parts p
join changed c using (day, figure, days)
left join analytics.owners w on p.dimension = 'owner' and w.owner_id = p.part
