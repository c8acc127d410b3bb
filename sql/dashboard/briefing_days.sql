-- grain: one row per day that has a briefing, the latest day first

select day, count(*) as briefings
from analytics.ai_briefings_log
group by day
order by day desc
