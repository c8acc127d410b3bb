-- grain: one row per owner with leads that are open or qualified, most of them first
-- Leads created in the period. waiting: open and qualified leads together.

select
    owner_id,
    owner_name,
    coalesce(sum(leads) filter (where meaning = 'open'), 0) as open_leads,
    coalesce(sum(leads) filter (where meaning = 'qualified'), 0) as qualified_leads,
    sum(leads) filter (where meaning in ('open', 'qualified')) as waiting,
    sum(leads) as leads
from analytics.lead_volume
where (%(first_day)s::date is null or day >= %(first_day)s)
    and (%(last_day)s::date is null or day <= %(last_day)s)
    and (%(sources)s::text[] is null or source = any(%(sources)s))
    and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
group by owner_id, owner_name
having sum(leads) filter (where meaning in ('open', 'qualified')) > 0
order by waiting desc, owner_name
