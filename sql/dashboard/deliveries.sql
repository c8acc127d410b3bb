-- grain: one row per message part and recipient of the last 14 days that were sent, latest first
-- recipient: shortened; a telephone number is not for every reader.

select
    d.day,
    d.masked as recipient,
    d.channel,
    d.part || ' of ' || d.parts as part,
    d.status,
    d.updated_at at time zone o.timezone as updated,
    concat_ws(': ', d.error_code, d.error_text) as error,
    d.message_sid
from analytics.deliveries d
cross join crm.organisation o
where d.day > (select max(day) from analytics.deliveries) - 14
order by d.day desc, d.reader, d.begun_at, d.part
