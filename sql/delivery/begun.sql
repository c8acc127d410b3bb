-- The briefing whose sending has begun on a day: the others of that day are not sent.

select min(briefing_id) as id
from analytics.whatsapp_deliveries
where day = %(day)s and status <> 'failed'
