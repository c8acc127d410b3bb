-- Claims a part of a message before it is sent. Returns the row, or nothing where it is claimed
-- or sent already. A failed one is claimed afresh: Twilio did not deliver it and never will.

insert into analytics.whatsapp_deliveries as w
    (subject, briefing_id, incident_id, day, recipient, form, part, parts, status, body, variables)
values
    (%(subject)s, %(briefing_id)s, %(incident_id)s, %(day)s, %(recipient)s, %(form)s, %(part)s,
    %(parts)s, 'claimed', %(body)s, %(variables)s)
on conflict (subject, recipient, form, part) do update set
    briefing_id = excluded.briefing_id,
    parts = excluded.parts,
    status = 'claimed',
    message_sid = null,
    error_code = null,
    error_text = null,
    retry = false,
    body = excluded.body,
    variables = excluded.variables,
    asked_at = null,
    created_at = now(),
    updated_at = now()
where w.status = 'failed'
returning w.*, 0::float8 as age_seconds
