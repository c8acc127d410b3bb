-- stances: above_usual, below_usual, as_usual, more_than_before, fewer_than_before, same_as_before
-- New leads against what is usual for that weekday (analytics.changes); where that is not known
-- yet, against the day before, if the first lead had come.

with today as (
    select k.day, k.new_leads, b.new_leads as before, c.normal, c.is_unusual, c.direction
    from analytics.kpis k
    left join measures.first_records() r on r.entity = 'lead'
    left join analytics.kpis b on b.day = k.day - 1 and b.day >= r.since
    left join analytics.changes c
        on c.day = k.day and c.figure = 'new_leads' and c.days = 1 and c.normal is not null
    where k.day = %(day)s
)
select
    case
        when is_unusual and direction = 'up' then 'above_usual'
        when is_unusual and direction = 'down' then 'below_usual'
        when normal is not null then 'as_usual'
        when new_leads > before then 'more_than_before'
        when new_leads < before then 'fewer_than_before'
        else 'same_as_before'
    end as stance,
    '' as subject,
    day as first_day,
    0::numeric as weight,
    new_leads as n,
    round(normal, 1) as usual,
    case when normal is null and before <> new_leads then before end as before,
    case when normal is not null then extract(isodow from day)::int end as weekday
from today
where normal is not null or before is not null
