-- stances: source_more, source_fewer
-- The source that did most of an unusual number of leads, where it moved the same way and no other
-- did nearly as much. Told with the leads alone.

with parts as (
    select
        p.name,
        p.value,
        p.normal,
        p.change,
        c.change as whole,
        c.day,
        row_number() over (order by abs(p.change) desc, p.name) as rank,
        lead(abs(p.change)) over (order by abs(p.change) desc, p.name) as next_change
    from analytics.changes c
    join analytics.change_causes p using (day, figure, days)
    where c.day = %(day)s and c.figure = 'new_leads' and c.days = 1 and c.is_unusual
        and p.dimension = 'source' and p.part is not null and p.change * c.change > 0
)
select
    case when change > 0 then 'source_more' else 'source_fewer' end as stance,
    name as subject,
    day as first_day,
    0::numeric as weight,
    name as source,
    value as n,
    round(normal, 1) as usual,
    extract(isodow from day)::int as weekday
from parts
where rank = 1 and name <> '(none)' and measures.stands_clear(abs(change), next_change)
