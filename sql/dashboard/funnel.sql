-- grain: one row per step of the funnel, leads first

select position, entity, step, meaning, records, value
from analytics.funnel
order by position
