-- asset: analytics/untouched_leads
-- severity: error
-- blocking: yes
-- description: The ages do not add up to the leads that wait for the first touch. Run `aha sync` to
-- build them again.

select 'leads' as rule, w.leads as expected, u.leads as found
from (
    select count(*) as leads
    from analytics.first_touch
    where measures.touch_state(first_touch_at, ended_at) = 'waiting'
) w
cross join (select coalesce(sum(leads), 0) as leads from analytics.untouched_leads) u
where u.leads <> w.leads
