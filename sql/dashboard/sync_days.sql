-- grain: one row per day on which something was read, in the 30 days up to the last such day
-- Records that a sync found new, changed or deleted in the CRM, all modules together.

select
    day,
    sum(inserted) as inserted,
    sum(updated) as updated,
    sum(deleted) as deleted,
    sum(failed) as failed
from analytics.sync_volume
where day > (select max(day) from analytics.sync_volume) - 30
group by day
order by day
