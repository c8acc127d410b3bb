-- Writes what became of a part and returns its row. Statuses arrive late and out of order, so a
-- row only moves forward, and what was delivered cannot fail afterwards.

with ranked as (
    select array['claimed', 'unknown', 'accepted', 'sent', 'delivered', 'read'] as ranks
),
updated as (
    update analytics.whatsapp_deliveries w
    set status = %(status)s,
        message_sid = coalesce(%(message_sid)s, w.message_sid),
        error_code = %(error_code)s,
        error_text = %(error_text)s,
        retry = %(retry)s,
        updated_at = now()
    from ranked r
    where w.day = %(day)s and w.recipient = %(recipient)s and w.part = %(part)s
        and case
            when w.status = 'failed' then false
            when %(status)s = 'failed' then w.status not in ('delivered', 'read')
            else array_position(r.ranks, %(status)s) > array_position(r.ranks, w.status)
        end
    returning w.*
)
select *, 0::float8 as age_seconds from updated
union all
select w.*, extract(epoch from clock_timestamp() - w.updated_at)::float8
from analytics.whatsapp_deliveries w
where w.day = %(day)s and w.recipient = %(recipient)s and w.part = %(part)s
    and not exists (select from updated)
