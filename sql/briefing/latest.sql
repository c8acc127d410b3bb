-- The latest stored briefing of a day.

select id, dashboard_report, whatsapp_summary
from analytics.ai_briefings_log
where day = %(day)s
order by id desc
limit 1
