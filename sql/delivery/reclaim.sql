-- Takes over a part whose sender is gone and that Twilio does not know.

update analytics.whatsapp_deliveries
set status = 'claimed', error_code = null, error_text = null, updated_at = now()
where subject = %(subject)s and recipient = %(recipient)s and form = %(form)s and part = %(part)s
    and status in ('claimed', 'unknown')
returning *, 0::float8 as age_seconds
