-- Adds a briefing to the log, with what it told, and returns its id.

with briefing as (
    insert into analytics.ai_briefings_log (
        day, dashboard_report, whatsapp_summary, messages, written_by, model, plain_reason, facts,
        is_sandbox, duration_seconds
    )
    values (
        %(day)s, %(dashboard_report)s, %(whatsapp_summary)s, %(messages)s, %(written_by)s,
        %(model)s, %(plain_reason)s, %(facts)s, %(is_sandbox)s, %(duration_seconds)s
    )
    returning id, day
),
items as (
    insert into analytics.briefing_items (
        briefing_id, position, day, fact, kind, stance, subject, figures, first_day, records,
        advice, link, phrase, chosen_by, in_message, advised, sentence, why, sql_digest, means
    )
    select b.id, i.position, b.day, i.fact, i.kind, i.stance, i.subject, i.figures, i.first_day,
        array(select jsonb_array_elements_text(i.records)), i.advice, i.link, i.phrase,
        i.chosen_by, i.in_message, i.advised, i.sentence, i.why,
        i.sql_digest, i.means
    from briefing b
    cross join jsonb_to_recordset(%(items)s) i (
        position int, fact text, kind text, stance text, subject text, figures jsonb,
        first_day date, records jsonb, advice text, link text, phrase int, chosen_by text,
        in_message boolean, advised boolean, sentence text, why text, sql_digest text, means text
    )
),
files as (
    insert into analytics.sql_texts (digest, path, sql)
    select digest, path, sql
    from jsonb_to_recordset(%(files)s) f (digest text, path text, sql text)
    on conflict (digest) do nothing
)
select id from briefing
