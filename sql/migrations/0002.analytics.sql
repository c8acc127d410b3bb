-- What we made of it: briefings, their figures, and what became of the messages. The marts
-- themselves are not migrations: each is a file in sql/marts, built by the asset of its name.

create table analytics.facts (
    day date not null,
    position integer not null,
    id text not null,
    section text not null check (section in ('day', 'sources', 'reps', 'pipeline')),
    label text not null,
    value numeric,
    unit text not null check (unit in ('count', 'money', 'percent')),
    previous numeric,
    comparison text,
    name text,
    mart text not null,
    text text not null,
    previous_text text,
    direction text not null check (direction in ('up', 'down', 'flat', 'none')),
    better text not null check (better in ('up', 'down', 'none')),
    primary key (day, id)
);
comment on column analytics.facts.text is 'The figure as printed, units included.';
comment on column analytics.facts.comparison is 'What previous is, in words.';
comment on column analytics.facts.name is 'The source, rep or stage that the figure is of.';
comment on column analytics.facts.better is 'The direction that is good news; none where neither is.';

create table analytics.ai_briefings_log (
    id bigint generated always as identity primary key,
    day date not null,
    dashboard_report text not null,
    whatsapp_summary text not null,
    written_by text not null check (written_by in ('model', 'plain')),
    model text,
    plain_reason text,
    facts jsonb not null,
    is_sandbox boolean not null,
    duration_seconds numeric not null,
    created_at timestamptz not null default now()
);
create index on analytics.ai_briefings_log (day, id);
comment on column analytics.ai_briefings_log.plain_reason is
    'Why the model did not write it; null where it did.';

create table analytics.whatsapp_deliveries (
    briefing_id bigint not null references analytics.ai_briefings_log,
    day date not null,
    recipient text not null,
    part integer not null,
    parts integer not null,
    status text not null check (status in (
        'claimed', 'accepted', 'sent', 'delivered', 'read', 'failed', 'unknown')),
    message_sid text,
    error_code text,
    error_text text,
    retry boolean not null default false,
    body text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (day, recipient, part)
);
comment on table analytics.whatsapp_deliveries is
    'One row a message part and recipient. The key is the day, so one day is sent once.';
comment on column analytics.whatsapp_deliveries.retry is
    'A failure that Twilio never took and that may pass by itself: no connection, too many calls.';
