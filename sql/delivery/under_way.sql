-- The parts whose status is to be asked for now, noted as asked. Often at first, later every tenth
-- of their age; a delivered one may still be read. It ends after a day.

update analytics.whatsapp_deliveries
set asked_at = now()
where message_sid is not null
    and status in ('accepted', 'sent', 'delivered')
    and created_at > now() - interval '24 hours'
    and coalesce(now() - asked_at >= (now() - created_at) / 10, true)
returning *, extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds
