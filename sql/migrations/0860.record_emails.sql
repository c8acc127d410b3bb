-- E-mails, which Zoho lists one record at a time: of each what figures need, and when those of a record
-- were last read.

create table crm.record_emails (
    module text not null references crm.modules,
    record_id text not null,
    message_id text not null,
    raw_data jsonb not null,
    synced_at timestamptz not null default clock_timestamp(),
    id text not null unique generated always as (record_id || '/' || message_id) stored,
    owner_id text generated always as (raw_data #>> '{owner,id}') stored,
    sent_at timestamptz generated always as (crm.to_time(raw_data ->> 'time')) stored,
    is_sent boolean generated always as (coalesce(raw_data -> 'sent' = 'true'::jsonb, false)) stored,
    source text generated always as (lower(raw_data ->> 'source')) stored,
    primary key (module, record_id, message_id)
);
create index on crm.record_emails (synced_at);
comment on table crm.record_emails is
    'One row per e-mail that Zoho lists of a lead or deal. No subject, text or address of it is kept.';
comment on column crm.record_emails.raw_data is
    'Of what Zoho says of it: time, sent, source, the types of status, the id of its owner.';
comment on column crm.record_emails.message_id is 'SHA-256 of Zoho''s id of the e-mail.';
comment on column crm.record_emails.id is 'Record and message: a message may be of several records.';

create table crm.record_email_reads (
    module text not null references crm.modules,
    record_id text not null,
    asked_at timestamptz not null default now(),
    read_at timestamptz,
    credits integer not null default 0,
    problem text,
    primary key (module, record_id)
);
comment on table crm.record_email_reads is
    'Of which records the e-mails were asked for. No row: never. record_id '''': of the module as such.';
comment on column crm.record_email_reads.read_at is
    'Up to when all e-mails of the record are in record_emails; null: they never were read.';
comment on column crm.record_email_reads.credits is
    'API credits that it cost in the day before asked_at.';
comment on column crm.record_email_reads.problem is 'Why there is nothing to read, or no more.';

select crm.protect('crm.record_emails');
select crm.protect('crm.record_email_reads');
select crm.watch('crm.record_emails');
