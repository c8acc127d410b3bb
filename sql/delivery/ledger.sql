-- The statements of the ledger of deliveries. age_seconds: since a row last changed;
-- begun_seconds: since the first attempt on its channel.

-- name: find
-- The rows of messages, those of a reader in the order in which they were begun.

select
    *,
    extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds
from analytics.deliveries
where subject = any(%(subjects)s)
order by subject, reader, channel, form desc, part

-- name: claim
-- Claims a part of a message before it is sent. Returns the row, or nothing where it is claimed
-- or sent already. A failed one is claimed afresh: it was not delivered and never will be.

insert into analytics.deliveries as d (
    subject, briefing_id, incident_id, day, reader, channel, recipient, masked, confirms, form,
    part, parts, status, body, variables
)
values (
    %(subject)s, %(briefing_id)s, %(incident_id)s, %(day)s, %(reader)s, %(channel)s,
    %(recipient)s, %(masked)s, %(confirms)s, %(form)s, %(part)s, %(parts)s, 'claimed', %(body)s,
    %(variables)s
)
on conflict (subject, reader, channel, form, part) do update set
    briefing_id = excluded.briefing_id,
    recipient = excluded.recipient,
    masked = excluded.masked,
    parts = excluded.parts,
    status = 'claimed',
    message_sid = null,
    error_code = null,
    error_text = null,
    retry = false,
    awaits_reply = false,
    body = excluded.body,
    variables = excluded.variables,
    asked_at = null,
    created_at = now(),
    updated_at = now()
where d.status = 'failed'
returning
    d.*,
    0::float8 as age_seconds,
    extract(epoch from clock_timestamp() - d.begun_at)::float8 as begun_seconds

-- name: reclaim
-- Takes over a part whose sender is gone and that its channel does not know.

update analytics.deliveries
set status = 'claimed', error_code = null, error_text = null, updated_at = now()
where subject = %(subject)s and reader = %(reader)s and channel = %(channel)s
    and form = %(form)s and part = %(part)s and status in ('claimed', 'unknown')
returning
    *,
    0::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds

-- name: mark_unknown
-- Writes why it cannot be told yet whether a part was taken.

update analytics.deliveries
set status = 'unknown', error_code = %(error_code)s, error_text = %(error_text)s, updated_at = now()
where subject = %(subject)s and reader = %(reader)s and channel = %(channel)s
    and form = %(form)s and part = %(part)s and status in ('claimed', 'unknown')
returning
    *,
    0::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds

-- name: mark
-- Writes what became of a part and returns its row; a status that is no allowed move, because it
-- came late or twice, changes nothing.

with moved as (
    update analytics.deliveries d
    set status = %(status)s,
        message_sid = coalesce(%(message_sid)s, d.message_sid),
        error_code = %(error_code)s,
        error_text = %(error_text)s,
        retry = %(retry)s,
        awaits_reply = %(awaits_reply)s,
        updated_at = now()
    where d.subject = %(subject)s and d.reader = %(reader)s and d.channel = %(channel)s
        and d.form = %(form)s and d.part = %(part)s
        and exists (
            select from analytics.delivery_transitions t
            where t.from_status = d.status and t.to_status = %(status)s
        )
    returning d.*
),
found as (
    select * from moved
    union all
    select d.*
    from analytics.deliveries d
    where d.subject = %(subject)s and d.reader = %(reader)s and d.channel = %(channel)s
        and d.form = %(form)s and d.part = %(part)s
        and not exists (select from moved)
)
select
    *,
    extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds
from found

-- name: known_ids
-- The messages to an address that belong to a part already.

select message_sid
from analytics.deliveries
where channel = %(channel)s and recipient = %(recipient)s and message_sid is not null

-- name: under_way
-- The parts whose status is to be asked for now, noted as asked. Often at first, later every tenth
-- of their age; a delivered one may still be read. It ends after a day.

update analytics.deliveries
set asked_at = now()
where message_sid is not null
    and channel = any(%(channels)s)
    and confirms
    and status in ('accepted', 'sent', 'delivered')
    and created_at > now() - interval '24 hours'
    and coalesce(now() - asked_at >= (now() - created_at) / 10, true)
returning
    *,
    extract(epoch from clock_timestamp() - updated_at)::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds

-- name: expire
-- Ends what has no end: no final status within a day, or no trace until its day is past.

update analytics.deliveries
set status = 'unknown',
    error_code = 'expired',
    error_text = case
        when message_sid is not null then
            'It was taken, but no delivery was confirmed within 24 hours: the phone may be off. '
            'It is not sent again; ask the reader whether it came.'
        else
            'It could not be learned whether it was taken, and now it is too old to be sent: ask '
            'the reader whether it came.'
    end,
    updated_at = now()
where error_code is distinct from 'expired'
    and case
        when status in ('accepted', 'sent') then
            confirms and created_at < now() - interval '24 hours'
        when status in ('claimed', 'unknown') then created_at < now() - interval '48 hours'
    end
returning
    *,
    0::float8 as age_seconds,
    extract(epoch from clock_timestamp() - begun_at)::float8 as begun_seconds

-- name: awaited
-- The addresses whose reply opens the way for a free text: they have the template of a briefing
-- and not yet its text, or a text that came outside their window.

select distinct d.channel, d.recipient
from analytics.deliveries d
where d.day >= %(oldest_day)s and d.reader = any(%(readers)s)
    and (
        d.awaits_reply and d.status = 'failed'
        or d.form = 'template' and d.briefing_id is not null
        and (d.status in ('accepted', 'sent', 'delivered', 'read') or d.message_sid is not null)
        and not exists (
            select from analytics.deliveries t
            where t.subject = d.subject and t.reader = d.reader and t.form = 'text'
        )
    )
order by d.channel, d.recipient

-- name: keep_reply
-- Keeps when a reader last wrote.

insert into analytics.reader_replies as r (channel, recipient, wrote_at)
values (%(channel)s, %(recipient)s, %(wrote_at)s)
on conflict (channel, recipient) do update set wrote_at = greatest(r.wrote_at, excluded.wrote_at)
returning wrote_at

-- name: replies
-- When each reader last wrote.

select channel, recipient, wrote_at from analytics.reader_replies
