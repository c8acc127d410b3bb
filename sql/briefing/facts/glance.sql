-- stances: glance
-- The day at a glance: one fact a day, printed as one line and never chosen.

select
    'glance' as stance,
    '' as subject,
    %(day)s::date as first_day,
    0::numeric as weight,
    new_leads as n,
    won_deals as won,
    lost_deals as lost,
    open_pipeline_value as money
from analytics.kpis
where day = %(day)s
