-- What there is to send.

-- name: subjects
-- The messages since a day, alerts first, then the newest day.

select 'briefing ' || day as subject, 'briefing' as kind, day
from analytics.ai_briefings_log
where day >= %(oldest_day)s
union
select 'incident ' || id, 'alert', day
from analytics.incidents
where day >= %(oldest_day)s and closed_at is null and kind <> 'untrue'
order by kind, day desc, subject

-- name: briefing
-- What is sent of the briefing of a day: the one whose sending has begun, else the newest.
-- messages: by language, with headline, glance and text.

select b.id, b.whatsapp_summary as text, b.is_sandbox, b.messages
from analytics.ai_briefings_log b
where b.day = %(day)s
order by
    b.id = (
        select min(d.briefing_id)
        from analytics.deliveries d
        where d.day = %(day)s and d.status <> 'failed'
    ) desc nulls last,
    b.id desc
limit 1

-- name: incident
-- The text of an incident.

select i.day, i.kind, i.cause, i.remedy, coalesce(o.is_sandbox, false) as is_sandbox
from analytics.incidents i
left join crm.organisation o on true
where i.id = %(id)s
