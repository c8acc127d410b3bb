-- Sources of leads, the largest first; the rest are in the dashboard. won_value: null where that of none of
-- the deals is known.

select
    source,
    leads,
    junk_pct,
    conversion_pct,
    won_deals,
    measures.known_value(won_value, won_deals, (
        select v.won_value
        from measures.closed_values('-infinity', 'infinity', array[source]) v
    )) as won_value
from analytics.source_quality
order by leads desc, source
limit 10
