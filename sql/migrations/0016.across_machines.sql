-- What processes on several machines share: the calls that each may have under way, and the token.

create table crm.call_leases (
    holder text primary key,
    slots integer not null,
    wanted integer not null,
    allowed integer,
    asked_at timestamptz not null,
    good_until timestamptz not null
);
comment on table crm.call_leases is
    'Calls to the CRM that each process may have under way at a time, until good_until.';
comment on column crm.call_leases.allowed is
    'Calls at a time that the process knows the organisation to have in all; null before it asked.';
comment on column crm.call_leases.asked_at is
    'Since when a process without a slot has waited for one.';

-- A schema of its own: default privileges let aha_reader read whatever is in the other two.
create schema aha_private;
revoke all on schema aha_private from public;
create table aha_private.access_tokens (
    connection text primary key,
    kept text not null,
    kept_at timestamptz not null default now()
);
comment on table aha_private.access_tokens is
    'The access token of each connection, encrypted with the credentials that only its users have.';
