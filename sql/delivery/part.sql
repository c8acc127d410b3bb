-- The ledger's row of a part; age_seconds since it last changed.

select *, extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
from analytics.whatsapp_deliveries
where day = %(day)s and recipient = %(recipient)s and part = %(part)s
