-- grain: one row per source of live leads and deals, by name, the empty one last

select source
from (
    select source from analytics.source_quality
    union
    select source from analytics.stage_parts
) s
order by source = '(none)', source
