-- grain: one row per day and module that was read, in the 30 days up to the last such day

select day, module, api_calls, records_read, windows, failed
from analytics.sync_volume
where day > (select max(day) from analytics.sync_volume) - 30
order by day, module
