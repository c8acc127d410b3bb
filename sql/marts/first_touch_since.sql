-- grain: one row per company that logs calls: since when it keeps activities
-- kind: table
-- owner: sales operations
-- Without calls there is no row: of a company that does not read them, or logs none, no first touch
-- could be known.

select a.created_time as known_since
from analytics.activities a
where a.module not in ('Notes', 'Emails')
    and not a.is_deleted
    and a.created_time is not null
    and exists (
        select from crm.modules m
        join crm.sync_logs s on s.module = m.module and s.status = 'success'
        where m.module = 'Calls' and m.is_configured
    )
    and exists (select from analytics.activities c where c.module = 'Calls' and not c.is_deleted)
order by a.created_time
limit 1
