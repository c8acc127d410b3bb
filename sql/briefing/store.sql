-- Adds a briefing to the log and returns its id.

insert into analytics.ai_briefings_log (
    day, dashboard_report, whatsapp_summary, written_by, model, plain_reason, facts, is_sandbox,
    duration_seconds, proof
)
values (
    %(day)s, %(dashboard_report)s, %(whatsapp_summary)s, %(written_by)s, %(model)s,
    %(plain_reason)s, %(facts)s, %(is_sandbox)s, %(duration_seconds)s, %(proof)s
)
returning id
