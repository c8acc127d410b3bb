-- grain: one row per day, the last 30 on which something was read
-- Records that a sync found new, changed or deleted in the CRM, all modules together.

select
    day,
    sum(inserted) as inserted,
    sum(updated) as updated,
    sum(deleted) as deleted,
    sum(failed) as failed
from analytics.sync_volume
group by day
order by day desc
limit 30
