-- Sources of leads, the largest first; the rest are in the dashboard.

select source, leads, junk_pct, conversion_pct, won_deals, won_value
from analytics.source_quality
order by leads desc, source
limit 10
