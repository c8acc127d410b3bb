-- grain: one row: whether it is known what is normal on the last whole day up to the period's end
-- It is as soon as any figure of that day has enough periods to be compared with. Of the chosen sources
-- and owners.

with newest as (
    select max(day) as day
    from analytics.changes
    where day < %(today)s::date and day <= coalesce(%(last_day)s::date, 'infinity')
)
select coalesce(bool_or(measures.are_comparable(c.comparable_days)), false) as is_known
from newest n
left join lateral measures.known_changes(
    n.day, n.day, %(sources)s::text[], %(owners)s::text[]
) c on true
