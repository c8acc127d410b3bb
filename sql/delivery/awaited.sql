-- The readers whose answer opens the way for a free text: they have the template of a briefing
-- and not yet its text, or a text that came outside their 24 hours.

select distinct w.recipient
from analytics.whatsapp_deliveries w
where w.day >= %(oldest_day)s and w.recipient = any(%(recipients)s)
    and (
        w.form = 'text' and w.status = 'failed' and w.error_code = '63016'
        or w.form = 'template' and w.briefing_id is not null
        and (w.status in ('accepted', 'sent', 'delivered', 'read') or w.message_sid is not null)
        and not exists (
            select from analytics.whatsapp_deliveries t
            where t.subject = w.subject and t.recipient = w.recipient and t.form = 'text'
        )
    )
order by w.recipient
