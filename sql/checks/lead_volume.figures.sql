-- asset: analytics/lead_volume
-- severity: error
-- blocking: yes
-- description: Days, sources, owners and statuses do not add up to the leads of analytics.funnel.
-- Run `aha sync` to build both again.

with whole as (
    select meaning, sum(records) as leads
    from analytics.funnel
    where entity = 'lead'
    group by meaning
),
parts as (
    select meaning, sum(leads) as leads
    from analytics.lead_volume
    group by meaning
)
select
    'leads ' || meaning as rule,
    coalesce(w.leads, 0) as expected,
    coalesce(p.leads, 0) as found
from whole w
full join parts p using (meaning)
where coalesce(p.leads, 0) <> coalesce(w.leads, 0)
union all
select 'rows of one day, source, owner and status', 1, count(*)
from analytics.lead_volume
group by day, source, owner_id, status, meaning
having count(*) > 1
