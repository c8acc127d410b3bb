-- Writes what became of a part and returns its row; a status that is no allowed move, because it
-- came late or twice, changes nothing.

with moved as (
    update analytics.whatsapp_deliveries w
    set status = %(status)s,
        message_sid = coalesce(%(message_sid)s, w.message_sid),
        error_code = %(error_code)s,
        error_text = %(error_text)s,
        retry = %(retry)s,
        updated_at = now()
    where w.subject = %(subject)s and w.recipient = %(recipient)s
        and w.form = %(form)s and w.part = %(part)s
        and exists (
            select from analytics.whatsapp_transitions t
            where t.from_status = w.status and t.to_status = %(status)s
        )
    returning w.*
)
select *, 0::float8 as age_seconds from moved
union all
select w.*, extract(epoch from clock_timestamp() - w.updated_at)::float8
from analytics.whatsapp_deliveries w
where w.subject = %(subject)s and w.recipient = %(recipient)s
    and w.form = %(form)s and w.part = %(part)s
    and not exists (select from moved)
