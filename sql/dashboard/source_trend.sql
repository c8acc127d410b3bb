-- grain: one row per source with leads in the 60 whole days before %(today)s, most recent leads first
-- recent: leads created in the last 30 of them; before: in the 30 days before those.

select
    v.source,
    coalesce(sum(v.leads) filter (where v.day >= %(today)s::date - 30), 0) as recent,
    coalesce(sum(v.leads) filter (where v.day < %(today)s::date - 30), 0) as before,
    coalesce(sum(v.leads) filter (where v.day >= %(today)s::date - 30), 0)
        - coalesce(sum(v.leads) filter (where v.day < %(today)s::date - 30), 0) as change
from analytics.lead_volume v
where v.day >= %(today)s::date - 60 and v.day < %(today)s::date
group by v.source
order by recent desc, before desc, v.source
