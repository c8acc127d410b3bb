-- The ledger of every channel. A reader gets a message through one channel at a time.

alter table analytics.whatsapp_deliveries rename to deliveries;
alter table analytics.whatsapp_transitions rename to delivery_transitions;
alter table analytics.whatsapp_readers rename to reader_replies;

alter table analytics.deliveries
    add channel text not null default 'whatsapp',
    add reader text,
    add masked text,
    add confirms boolean not null default true,
    add awaits_reply boolean not null default false,
    add begun_at timestamptz not null default now();
update analytics.deliveries
set reader = recipient,
    masked = left(recipient, 3) || '******' || right(recipient, 4),
    awaits_reply = status = 'failed' and error_code = '63016',
    begun_at = created_at;
alter table analytics.deliveries
    alter channel drop default,
    alter reader set not null,
    alter masked set not null,
    drop constraint whatsapp_deliveries_pkey,
    add primary key (subject, reader, channel, form, part);
comment on table analytics.deliveries is
    'One row a message part, reader and channel. The key is the day or incident, so each is sent '
    'once.';
comment on column analytics.deliveries.channel is 'The file of aha_pipeline/delivery/channels.';
comment on column analytics.deliveries.reader is
    'Who gets it: the first address given for the reader. recipient is the address on the channel.';
comment on column analytics.deliveries.masked is 'The recipient as it may be shown.';
comment on column analytics.deliveries.confirms is
    'Whether the channel tells of delivery; where it does not, sent is its last word.';
comment on column analytics.deliveries.awaits_reply is
    'A failure that ends when the reader writes: free text is not taken before.';
comment on column analytics.deliveries.begun_at is
    'When the first attempt on this channel was claimed.';
comment on column analytics.deliveries.asked_at is
    'When the channel was last asked for its status.';

alter table analytics.reader_replies
    add channel text not null default 'whatsapp',
    drop constraint whatsapp_readers_pkey,
    add primary key (channel, recipient);
alter table analytics.reader_replies alter channel drop default;
comment on table analytics.reader_replies is 'When each reader last wrote to the sender.';

create view analytics.whatsapp_deliveries with (security_invoker = true) as
select
    briefing_id, recipient, part, status, message_sid, error_code, created_at, updated_at,
    subject, incident_id, day, form, parts, error_text, retry, body
from analytics.deliveries
where channel = 'whatsapp';
comment on view analytics.whatsapp_deliveries is 'The deliveries by WhatsApp.';

do $$
begin
    revoke all on analytics.whatsapp_deliveries from public;
    grant select on analytics.whatsapp_deliveries to aha_reader;
end $$;

create or replace function analytics.check_delivery() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'claimed' then
            raise check_violation using message =
                format('A message begins as claimed, not as %s.', new.status);
        end if;
    elsif not exists (
        select from analytics.delivery_transitions t
        where t.from_status = old.status and t.to_status = new.status
    ) then
        raise check_violation using message =
            format('A message that is %s does not become %s.', old.status, new.status);
    elsif new.status = 'claimed' and old.status <> 'failed' and old.message_sid is not null then
        raise check_violation using message = 'A message that was taken is not claimed again.';
    end if;
    if new.status = 'claimed' and exists (
        select from analytics.deliveries d
        where d.subject = new.subject and d.reader = new.reader and d.channel <> new.channel
            and d.status <> 'failed'
    ) then
        raise check_violation using message =
            'A message that is under way on one channel is not claimed on another.';
    end if;
    return new;
end $$;
