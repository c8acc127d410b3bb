-- grain: one row per day and module, the last 30 days on which something was read

select day, module, api_calls, records_read, windows, failed
from analytics.sync_volume
where day in (select distinct day from analytics.sync_volume order by day desc limit 30)
order by day, module
