-- The ledger of messages as a state machine, messages that are no briefing, and the readers' turn.

-- A daily sync that failed or did not come: one row from then until the next one that succeeds.
create table analytics.incidents (
    id bigint generated always as identity primary key,
    key text not null unique,
    day date not null,
    kind text not null check (kind in ('failed', 'late')),
    cause text not null,
    remedy text not null,
    opened_at timestamptz not null,
    closed_at timestamptz check (closed_at >= opened_at)
);
create unique index incidents_one_open on analytics.incidents ((true)) where closed_at is null;
comment on column analytics.incidents.key is
    'What was seen, such as a run; seen again, over a restart or a second tick, it is no new one.';
comment on column analytics.incidents.closed_at is 'When a sync succeeded again; null until then.';

-- WhatsApp takes free text for 24 hours after the reader's last message.
create table analytics.whatsapp_readers (
    recipient text primary key,
    wrote_at timestamptz not null
);
comment on table analytics.whatsapp_readers is 'When each reader last wrote to the sender.';

alter table analytics.whatsapp_deliveries
    add subject text,
    add form text not null default 'text' check (form in ('text', 'template')),
    add incident_id bigint references analytics.incidents,
    add variables jsonb,
    add asked_at timestamptz,
    alter briefing_id drop not null;
update analytics.whatsapp_deliveries
set subject = 'briefing ' || day,
    form = case when body like 'Your sales report for %' then 'template' else 'text' end;
alter table analytics.whatsapp_deliveries
    alter subject set not null,
    drop constraint whatsapp_deliveries_pkey,
    add primary key (subject, recipient, form, part),
    add unique (message_sid),
    add check (num_nonnulls(briefing_id, incident_id) = 1);
create index on analytics.whatsapp_deliveries (day);
comment on table analytics.whatsapp_deliveries is
    'One row a message part and recipient. The key is the day or incident, so each is sent once.';
comment on column analytics.whatsapp_deliveries.subject is '''briefing <day>'' or ''incident <id>''.';
comment on column analytics.whatsapp_deliveries.variables is 'The values of a template; else null.';
comment on column analytics.whatsapp_deliveries.created_at is 'When this attempt was claimed.';
comment on column analytics.whatsapp_deliveries.asked_at is
    'When Twilio was last asked for its status.';

-- The only moves that a message makes. A status that comes late or twice is none of them.
create table analytics.whatsapp_transitions (
    from_status text not null,
    to_status text not null,
    primary key (from_status, to_status)
);
insert into analytics.whatsapp_transitions (from_status, to_status)
select from_status, unnest(to_statuses)
from (values
    ('claimed', array['accepted', 'sent', 'delivered', 'read', 'failed', 'unknown']),
    ('unknown', array['accepted', 'sent', 'delivered', 'read', 'failed', 'claimed']),
    ('accepted', array['sent', 'delivered', 'read', 'failed', 'unknown']),
    ('sent', array['delivered', 'read', 'failed', 'unknown']),
    ('delivered', array['read']),
    ('failed', array['claimed'])
) as allowed (from_status, to_statuses);

create function analytics.check_delivery() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.status <> 'claimed' then
            raise check_violation using message =
                format('A message begins as claimed, not as %s.', new.status);
        end if;
    elsif not exists (
        select from analytics.whatsapp_transitions t
        where t.from_status = old.status and t.to_status = new.status
    ) then
        raise check_violation using message =
            format('A message that is %s does not become %s.', old.status, new.status);
    elsif new.status = 'claimed' and old.status <> 'failed' and old.message_sid is not null then
        raise check_violation using message =
            'A message that Twilio has taken is not claimed again.';
    end if;
    return new;
end $$;

create trigger check_delivery_begin before insert on analytics.whatsapp_deliveries
for each row execute function analytics.check_delivery();
create trigger check_delivery_move before update on analytics.whatsapp_deliveries
for each row when (old.status is distinct from new.status)
execute function analytics.check_delivery();
