-- The messages since a day that a recipient is still to get, alerts first, then the newest day:
-- nothing sent, a part missing, a part whose sender is gone, a text that came outside the reader's
-- 24 hours, or a template that the reader has answered. What changed in the last two minutes may
-- still be under way. A failure that will not pass by itself is nobody's turn but a person's.

with messages as (
    select distinct 'briefing ' || day as subject, 'briefing' as kind, day
    from analytics.ai_briefings_log
    where day >= %(oldest_day)s
    union all
    select 'incident ' || id, 'alert', day
    from analytics.incidents
    where day >= %(oldest_day)s and closed_at is null and kind <> 'untrue'
),
progress as (
    select
        m.subject,
        m.kind,
        m.day,
        m.kind = any(%(templated)s) as has_template,
        max(w.updated_at) as changed_at,
        count(*) filter (where w.form = 'text') > 0 as text_begun,
        count(*) filter (where w.form = 'text' and w.is_taken) >= max(w.parts) filter (
            where w.form = 'text') as text_done,
        bool_or(w.form = 'text' and w.status = 'accepted') as text_queued,
        bool_or(w.form = 'text' and w.status = 'failed' and w.error_code = '63016') as text_outside,
        bool_or(w.form = 'text' and w.status = 'failed' and not w.retry
            and w.error_code is distinct from '63016') as text_failed,
        bool_or(w.form = 'template' and w.is_taken) as template_done,
        bool_or(w.form = 'template' and w.status = 'failed' and not w.retry) as template_failed,
        -- A new attempt at the text is worth while once the reader has written after the last one.
        max(p.wrote_at) > now() - %(window_hours)s * interval '1 hour'
            and max(p.wrote_at) > coalesce(
                max(w.created_at) filter (where w.form = 'text'), '-infinity') as may_write
    from messages m
    cross join unnest(%(recipients)s::text[]) as r (recipient)
    left join (
        select *, status in ('accepted', 'sent', 'delivered', 'read')
            or status = 'unknown' and message_sid is not null as is_taken
        from analytics.whatsapp_deliveries
    ) w on w.subject = m.subject and w.recipient = r.recipient
    left join analytics.whatsapp_readers p on p.recipient = r.recipient
    group by m.subject, m.kind, m.day, r.recipient
)
select subject
from progress
where coalesce(changed_at < now() - interval '2 minutes', true)
    and case
        when text_done or text_failed then false
        when text_outside then coalesce(may_write, false)
            or has_template and not coalesce(template_done, false)
            and not coalesce(template_failed, false)
        when text_begun then not text_queued
        when template_done or template_failed then
            kind = 'briefing' and coalesce(may_write, false)
        else true
    end
group by subject, kind, day
order by kind, day desc, subject
