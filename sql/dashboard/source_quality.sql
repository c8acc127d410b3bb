-- grain: one row per source that has leads, most leads first
-- share_*: of the source's leads, 0 to 100, by what they are now; the five add up to 100.
-- qualified_now: qualified and not converted yet.

select
    source,
    leads,
    junk_leads,
    junk_pct,
    conversion_pct,
    converted_leads,
    won_deals,
    won_value,
    open_leads,
    qualified_leads - converted_leads as qualified_now,
    lost_leads,
    round(100.0 * open_leads / leads, 2) as share_open,
    round(100.0 * (qualified_leads - converted_leads) / leads, 2) as share_qualified,
    round(100.0 * converted_leads / leads, 2) as share_converted,
    round(100.0 * lost_leads / leads, 2) as share_lost,
    round(100.0 * junk_leads / leads, 2) as share_junk
from analytics.source_quality
where leads > 0
order by leads desc, source
