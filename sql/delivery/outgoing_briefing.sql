-- What is sent of the briefing of a day: the one whose sending has begun, else the newest.

select
    b.id,
    b.whatsapp_summary as text,
    b.is_sandbox,
    (
        select m.value
        from jsonb_each(b.messages) m
        where m.value ->> 'text' = b.whatsapp_summary
        limit 1
    ) as message
from analytics.ai_briefings_log b
where b.day = %(day)s
order by
    b.id = (
        select min(w.briefing_id)
        from analytics.whatsapp_deliveries w
        where w.day = %(day)s and w.status <> 'failed'
    ) desc nulls last,
    b.id desc
limit 1
