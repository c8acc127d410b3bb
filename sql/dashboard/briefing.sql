-- grain: one row: the latest briefing of the day; none where the day has no briefing

select
    b.id,
    b.day,
    b.dashboard_report,
    b.whatsapp_summary,
    b.written_by,
    b.model,
    b.plain_reason,
    b.is_sandbox,
    b.duration_seconds,
    jsonb_array_length(b.facts) as facts,
    b.created_at at time zone o.timezone as created
from analytics.ai_briefings_log b
cross join crm.organisation o
where b.day = %(day)s
order by b.id desc
limit 1
