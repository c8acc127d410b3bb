-- grain: one row per owner with leads that are open or qualified, most of them first
-- waiting: open and qualified leads together.

select
    owner_id,
    owner_name,
    coalesce(sum(leads) filter (where meaning = 'open'), 0) as open_leads,
    coalesce(sum(leads) filter (where meaning = 'qualified'), 0) as qualified_leads,
    sum(leads) filter (where meaning in ('open', 'qualified')) as waiting,
    sum(leads) as leads
from analytics.lead_volume
group by owner_id, owner_name
having sum(leads) filter (where meaning in ('open', 'qualified')) > 0
order by waiting desc, owner_name
