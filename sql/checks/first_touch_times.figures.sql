-- asset: analytics/first_touch_times
-- severity: error
-- blocking: yes
-- description: Sources, reps, weekdays or hours do not add up to the leads of the last 90 days. Run
-- `aha sync` to build them again.

select 'leads by ' || p.dimension as rule, w.leads as expected, p.leads as found
from (select leads from analytics.first_touch_times where dimension = 'all') w
cross join (
    select dimension, sum(leads) as leads, sum(touched + waiting + ended) as states
    from analytics.first_touch_times
    group by dimension
) p
where p.leads <> w.leads or p.states <> p.leads
