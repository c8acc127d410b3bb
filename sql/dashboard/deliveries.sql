-- grain: one row per message part and recipient of the last 14 days that were sent, latest first
-- recipient: the last four digits only; a telephone number is not for every reader.

select
    d.day,
    '… ' || right(d.recipient, 4) as recipient,
    d.part || ' of ' || d.parts as part,
    d.status,
    d.updated_at at time zone o.timezone as updated,
    concat_ws(': ', d.error_code, d.error_text) as error,
    d.message_sid
from analytics.whatsapp_deliveries d
cross join crm.organisation o
where d.day > (select max(day) from analytics.whatsapp_deliveries) - 14
order by d.day desc, d.recipient, d.part
