-- stances: lost_alike
-- The reason that the records give for more than half of the deals lost on the day, where three or
-- more gave it. Told behind the day's losses alone.

with losses as (
    select id, reason, count(*) over () as losses
    from measures.lost(%(day)s, %(day)s)
)
select
    'lost_alike' as stance,
    reason as subject,
    array_agg(id order by id) as records,
    %(day)s::date as first_day,
    0 as weight,
    reason,
    count(*) as n
from losses
where reason <> '(none)'
group by reason, losses
having count(*) >= 3 and 2 * count(*) > losses
