-- Writes why it cannot be told yet whether Twilio has a part.

update analytics.whatsapp_deliveries
set status = 'unknown', error_code = %(error_code)s, error_text = %(error_text)s, updated_at = now()
where subject = %(subject)s and recipient = %(recipient)s and form = %(form)s and part = %(part)s
    and status in ('claimed', 'unknown')
returning *, 0::float8 as age_seconds
