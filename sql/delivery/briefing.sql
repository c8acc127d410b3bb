-- What is sent of a briefing.

select id, day, whatsapp_summary as text, facts, is_sandbox
from analytics.ai_briefings_log
where id = %(id)s
