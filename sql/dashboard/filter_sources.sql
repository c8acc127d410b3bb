-- grain: one row per source of live leads and deals, by name, the empty one last

select source
from (
    select source from analytics.kpi_parts
    union
    select source from analytics.deals
) s
group by source
order by source = '(none)', source
