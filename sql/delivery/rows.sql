-- The rows of a message to a recipient; age_seconds since each last changed.

select *, extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
from analytics.whatsapp_deliveries
where subject = %(subject)s and recipient = %(recipient)s
order by form desc, part
