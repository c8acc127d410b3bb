-- What the CRM said: one table a module, whole records as JSONB, and the logs of how they came.

create schema if not exists crm;
create schema if not exists analytics;
revoke all on schema crm, analytics from public;

-- The organisation that this database holds; a sync from another one is refused.
create table crm.organisation (
    singleton boolean primary key default true check (singleton),
    org_id text not null,
    name text not null,
    is_sandbox boolean not null,
    timezone text not null,
    currency text not null,
    connected_at timestamptz not null default now()
);
comment on table crm.organisation is
    'One row: the CRM organisation of this database, its business time zone and its currency.';

-- Text to timestamptz, null where the text is no time. Zoho writes an explicit offset, so the
-- result does not depend on the session and the function may be called immutable.
-- Not parallel safe: a block with an exception handler is a subtransaction.
create function crm.to_time(value text) returns timestamptz
language plpgsql immutable parallel unsafe strict as $$
begin
    if value !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$' then
        return null;
    end if;
    return value::timestamptz;
exception when data_exception then
    return null;
end $$;

create function crm.to_date(value text) returns date
language plpgsql immutable parallel unsafe strict as $$
begin
    if value !~ '^\d{4}-\d\d-\d\d' then
        return null;
    end if;
    return left(value, 10)::date;
exception when data_exception then
    return null;
end $$;

create function crm.to_number(value jsonb) returns numeric
language sql immutable parallel safe strict as $$
    select case jsonb_typeof(value)
        when 'number' then (value #>> '{}')::numeric
        when 'string' then
            case when value #>> '{}' ~ '^-?\d+(\.\d+)?$' then (value #>> '{}')::numeric end
    end
$$;

-- The modules that have a table, and its name.
create table crm.modules (
    module text primary key,
    table_name text not null unique
);

-- Creates the table of a module where there is none.
create function crm.ensure_module(module_name text, name text) returns void
language plpgsql as $$
begin
    if exists (select from crm.modules m where m.module = module_name) then
        return;
    end if;
    insert into crm.modules (module, table_name) values (module_name, name);
    execute format($ddl$
        create table crm.%I (
            id text primary key,
            owner_id text generated always as (raw_data #>> '{Owner,id}') stored,
            owner_name text generated always as (raw_data #>> '{Owner,name}') stored,
            created_time timestamptz
                generated always as (crm.to_time(raw_data ->> 'Created_Time')) stored,
            modified_time timestamptz
                generated always as (crm.to_time(raw_data ->> 'Modified_Time')) stored,
            deleted_at timestamptz,
            deleted_type text,
            synced_at timestamptz not null default now(),
            raw_data jsonb not null
        )$ddl$, name);
    execute format('create index on crm.%I (modified_time)', name);
end $$;

do $$ begin
    perform crm.ensure_module('Leads', 'leads_raw');
    perform crm.ensure_module('Deals', 'crm_deals');
    perform crm.ensure_module('Contacts', 'crm_contacts');
    perform crm.ensure_module('Accounts', 'crm_accounts');
end $$;

alter table crm.leads_raw
    add full_name text generated always as (
        nullif(trim(coalesce(raw_data ->> 'First_Name', '') || ' '
            || coalesce(raw_data ->> 'Last_Name', '')), '')) stored,
    add company text generated always as (raw_data ->> 'Company') stored,
    add email text generated always as (raw_data ->> 'Email') stored,
    add lead_source text generated always as (raw_data ->> 'Lead_Source') stored,
    add lead_status text generated always as (raw_data ->> 'Lead_Status') stored,
    add is_converted boolean generated always as (
        coalesce(raw_data -> '$converted' = 'true'::jsonb, false)) stored,
    add converted_time timestamptz generated always as (
        crm.to_time(raw_data ->> 'Converted_Date_Time')) stored;

alter table crm.crm_deals
    add deal_name text generated always as (raw_data ->> 'Deal_Name') stored,
    add stage text generated always as (raw_data ->> 'Stage') stored,
    add amount numeric generated always as (crm.to_number(raw_data -> 'Amount')) stored,
    add probability numeric generated always as (crm.to_number(raw_data -> 'Probability')) stored,
    add closing_date date generated always as (crm.to_date(raw_data ->> 'Closing_Date')) stored,
    add lead_source text generated always as (raw_data ->> 'Lead_Source') stored,
    add account_id text generated always as (raw_data #>> '{Account_Name,id}') stored,
    add account_name text generated always as (raw_data #>> '{Account_Name,name}') stored,
    add contact_id text generated always as (raw_data #>> '{Contact_Name,id}') stored;

alter table crm.crm_contacts
    add full_name text generated always as (
        nullif(trim(coalesce(raw_data ->> 'First_Name', '') || ' '
            || coalesce(raw_data ->> 'Last_Name', '')), '')) stored,
    add email text generated always as (raw_data ->> 'Email') stored,
    add account_id text generated always as (raw_data #>> '{Account_Name,id}') stored,
    add account_name text generated always as (raw_data #>> '{Account_Name,name}') stored,
    add lead_source text generated always as (raw_data ->> 'Lead_Source') stored;

alter table crm.crm_accounts
    add account_name text generated always as (raw_data ->> 'Account_Name') stored,
    add industry text generated always as (raw_data ->> 'Industry') stored,
    add annual_revenue numeric generated always as (
        crm.to_number(raw_data -> 'Annual_Revenue')) stored;

-- What each record said before its present content.
create table crm.record_versions (
    version bigint generated always as identity primary key,
    module text not null references crm.modules,
    id text not null,
    modified_time timestamptz,
    replaced_by timestamptz,
    replaced_at timestamptz not null default now(),
    raw_data jsonb not null
);
create index on crm.record_versions (module, id, modified_time);
comment on column crm.record_versions.replaced_by is
    'Modified_Time of the record that took this one''s place: it held from modified_time until then.';

-- A record without the values that change by themselves, with no edit: they make no version.
create function crm.edited_content(record jsonb) returns jsonb
language sql immutable parallel safe strict as $$
    select record - array['Record_Image', 'Last_Activity_Time', 'Modified_Time']
$$;

-- A record that jsonb cannot hold as sent: its original text, beside the cleaned row.
create table crm.quarantine (
    module text not null references crm.modules,
    id text,
    run_id text not null,
    reason text not null,
    original text not null,
    quarantined_at timestamptz not null default now()
);

create unique index on crm.quarantine (module, id, md5(original));

create table crm.crm_fields (
    module text not null references crm.modules,
    api_name text not null,
    label text,
    data_type text,
    is_custom boolean not null default false,
    picklist jsonb not null default '[]',
    raw_data jsonb not null,
    first_seen timestamptz not null default now(),
    last_seen timestamptz not null default now(),
    primary key (module, api_name)
);

create table crm.sync_logs (
    run_id text not null,
    module text not null,
    window_start timestamptz not null,
    window_end timestamptz not null,
    status text not null check (status in ('running', 'success', 'failed', 'interrupted')),
    records_read integer not null default 0,
    inserted integer not null default 0,
    updated integer not null default 0,
    unchanged integer not null default 0,
    deleted integer not null default 0,
    api_calls integer not null default 0,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    read_until timestamptz,
    error text,
    primary key (run_id, module, window_start)
);
create index on crm.sync_logs (module, window_end) where status = 'success';
create index on crm.sync_logs (module, started_at desc);
comment on column crm.sync_logs.read_until is
    'The CRM''s own clock when the window was read: nothing changed later can be in it.';

create table crm.reconciliations (
    run_id text not null,
    module text not null,
    verdict text not null check (verdict in ('equal', 'healed', 'refused')),
    records_in_crm integer not null,
    records_here integer not null,
    healed integer not null default 0,
    checked_at timestamptz not null default now(),
    primary key (run_id, module)
);

-- What a status or stage means. Seeded with Zoho's defaults; the place to correct a meaning.
create table crm.picklist_meaning (
    module text not null,
    value text not null,
    position integer not null,
    meaning text not null check (meaning in ('open', 'qualified', 'junk', 'lost', 'converted', 'won')),
    probability numeric,
    primary key (module, value)
);

insert into crm.picklist_meaning (module, value, position, meaning, probability) values
    ('Leads', 'Not Contacted', 10, 'open', null),
    ('Leads', 'Attempted to Contact', 20, 'open', null),
    ('Leads', 'Contact in Future', 30, 'open', null),
    ('Leads', 'Contacted', 40, 'open', null),
    ('Leads', 'Pre-Qualified', 50, 'qualified', null),
    ('Leads', 'Qualified', 60, 'qualified', null),
    ('Leads', 'Converted', 70, 'converted', null),
    ('Leads', 'Not Qualified', 80, 'lost', null),
    ('Leads', 'Lost Lead', 90, 'lost', null),
    ('Leads', 'Junk Lead', 100, 'junk', null),
    ('Deals', 'Qualification', 10, 'open', 10),
    ('Deals', 'Needs Analysis', 20, 'open', 20),
    ('Deals', 'Value Proposition', 30, 'open', 40),
    ('Deals', 'Identify Decision Makers', 40, 'open', 60),
    ('Deals', 'Id. Decision Makers', 40, 'open', 60),
    ('Deals', 'Proposal/Price Quote', 50, 'open', 75),
    ('Deals', 'Negotiation/Review', 60, 'open', 90),
    ('Deals', 'Closed Won', 70, 'won', 100),
    ('Deals', 'Closed Lost', 80, 'lost', 0),
    ('Deals', 'Closed Lost to Competition', 90, 'lost', 0),
    ('Deals', 'Closed-Lost to Competition', 90, 'lost', 0);
