-- The messages of a recipient that belong to a part already.

select message_sid
from analytics.whatsapp_deliveries
where recipient = %(recipient)s and message_sid is not null
