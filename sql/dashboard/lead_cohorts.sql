-- grain: one row per month of lead creation, the last twelve with leads
-- *_pct: of the leads created in the month, 0 to 100; won is null where no converted lead of the
-- month names its deal. is_young: the later steps are unfinished.

select
    month,
    leads,
    qualified,
    converted,
    case when linked > 0 or converted = 0 then won end as won,
    round(100.0 * qualified / leads, 2) as qualified_pct,
    round(100.0 * converted / leads, 2) as converted_pct,
    case when linked > 0 or converted = 0 then round(100.0 * won / leads, 2) end as won_pct,
    is_young
from analytics.lead_cohorts
order by month desc
limit 12
