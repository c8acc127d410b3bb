-- Money of several currencies, as the records have it, and what is needed to add it up.

alter table crm.crm_deals
    add currency text generated always as (
        nullif(upper(trim(raw_data ->> 'Currency')), '')) stored,
    add exchange_rate numeric generated always as (
        crm.to_number(raw_data -> 'Exchange_Rate')) stored;
alter table crm.record_versions
    add currency text generated always as (
        nullif(upper(trim(raw_data ->> 'Currency')), '')) stored,
    add exchange_rate numeric generated always as (
        crm.to_number(raw_data -> 'Exchange_Rate')) stored;
-- The deals in foreign currencies: in a company with one currency, none.
create index on crm.crm_deals (currency, exchange_rate) where exchange_rate <> 1;

alter table crm.organisation add rate_reading text check (rate_reading in ('multiply', 'divide'));
comment on column crm.organisation.rate_reading is
    'How Exchange_Rate is read, as AHA_EXCHANGE_RATE says; null: as the rates themselves show.';

create table crm.currency_worth (
    currency text primary key,
    dollars numeric not null check (dollars > 0)
);
comment on table crm.currency_worth is
    'About what one unit of a currency is worth in US dollars, to tell a rate that cannot be from '
    'one that can. Never used to convert. Currencies that lose much of their worth are not here.';
insert into crm.currency_worth (currency, dollars) values
    ('AED', 0.27), ('AUD', 0.67), ('BDT', 0.0085), ('BHD', 2.65), ('BRL', 0.19), ('CAD', 0.73),
    ('CHF', 1.15), ('CLP', 0.0011), ('CNY', 0.14), ('COP', 0.00024), ('CZK', 0.044),
    ('DKK', 0.15), ('EUR', 1.1), ('GBP', 1.3), ('HKD', 0.128), ('HUF', 0.0028), ('IDR', 0.000063),
    ('ILS', 0.28), ('INR', 0.0118), ('ISK', 0.0073), ('JOD', 1.41), ('JPY', 0.0067),
    ('KES', 0.0078), ('KRW', 0.00073), ('KWD', 3.25), ('LKR', 0.0034), ('MAD', 0.1),
    ('MUR', 0.0218), ('MXN', 0.055), ('MYR', 0.23), ('NOK', 0.093), ('NPR', 0.0074),
    ('NZD', 0.6), ('OMR', 2.6), ('PEN', 0.27), ('PHP', 0.0175), ('PLN', 0.25), ('QAR', 0.275),
    ('RON', 0.22), ('SAR', 0.267), ('SEK', 0.096), ('SGD', 0.75), ('THB', 0.029),
    ('TWD', 0.031), ('TZS', 0.0004), ('UGX', 0.00027), ('USD', 1), ('VND', 0.00004),
    ('ZAR', 0.055);

-- Since when a record has said what it says: a save that changes nothing moves Modified_Time, and
-- not this. Null, where nothing was saved since: it is Modified_Time.
do $$
declare
    known record;
begin
    for known in select table_name from crm.modules loop
        execute format('alter table crm.%I add content_since timestamptz', known.table_name);
    end loop;
end $$;

-- As before, and with content_since.
create or replace function crm.ensure_module(module_name text, name text) returns void
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
            raw_data jsonb not null,
            content_since timestamptz
        )$ddl$, name);
    execute format('create index on crm.%I (modified_time)', name);
    perform crm.index_deletions(name);
    perform crm.protect(format('crm.%I', name)::regclass);
end $$;
