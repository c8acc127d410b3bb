-- The parts that Twilio has and whose end is not known; a delivered one may still be read.

select *, extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
from analytics.whatsapp_deliveries
where message_sid is not null and created_at > now() - interval '2 days'
    and status in ('accepted', 'sent', 'delivered')
order by day, recipient, part
