-- Ends what has no end: no final status within a day, or no trace until its day is past.

update analytics.whatsapp_deliveries
set status = 'unknown',
    error_code = 'expired',
    error_text = case
        when message_sid is not null then
            'Twilio took it but named no end within 24 hours: the phone may be off. It is not sent '
            'again; ask the reader whether it came.'
        else
            'It could not be learned whether Twilio took it, and now it is too old to be sent: '
            'search the log in the Twilio console for a message to this reader.'
    end,
    updated_at = now()
where error_code is distinct from 'expired'
    and case
        when status in ('accepted', 'sent') then created_at < now() - interval '24 hours'
        when status in ('claimed', 'unknown') then created_at < now() - interval '48 hours'
    end
returning *, 0::float8 as age_seconds
