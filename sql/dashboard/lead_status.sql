-- grain: one row per status of the leads created in the 90 days that end with %(today)s
-- share: of these leads, 0 to 100. Converted leads are one row, whatever their status. The order is
-- that of the funnel.

with recent as (
    select
        case when v.meaning = 'converted' then 'Converted' else v.status end as status,
        v.meaning,
        sum(v.leads) as leads
    from analytics.lead_volume v
    where v.day > %(today)s::date - 90
    group by 1, 2
)
select
    r.status,
    r.meaning,
    r.leads,
    round(100.0 * r.leads / sum(r.leads) over (), 2) as share,
    sum(r.leads) over () as all_leads
from recent r
left join analytics.funnel f
    on f.entity = 'lead' and f.step = r.status and f.meaning = r.meaning
order by f.position, r.status
