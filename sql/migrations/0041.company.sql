-- The company as Zoho knows it. What is null is not known: never read, or not served.

alter table crm.organisation
    add home_currency text,
    add home_timezone text,
    add fiscal_start_month integer check (fiscal_start_month between 1 and 12),
    add fiscal_named_by_end boolean,
    add week_starts_on integer check (week_starts_on between 1 and 7),
    add business_days integer[],
    add business_hours jsonb,
    add profiled_at timestamptz;
comment on column crm.organisation.timezone is
    'The zone of the business day: AHA_TIMEZONE, else home_timezone.';
comment on column crm.organisation.currency is
    'The currency of the figures, ISO 4217: AHA_CURRENCY, else home_currency.';
comment on column crm.organisation.home_currency is 'As Zoho says, ISO 4217.';
comment on column crm.organisation.home_timezone is 'As Zoho says, a name of the IANA database.';
comment on column crm.organisation.fiscal_start_month is
    'First month of the fiscal year; a calendar that does not begin with a month is not known.';
comment on column crm.organisation.fiscal_named_by_end is
    'Whether a fiscal year is named by the year it ends in, else by that it begins in.';
comment on column crm.organisation.week_starts_on is 'ISO day of the week, Monday 1.';
comment on column crm.organisation.business_days is 'ISO days of the week that are worked.';
comment on column crm.organisation.profiled_at is 'When Zoho was last asked for the profile.';

-- Rates are those of today: a record is converted by its own rate, never by these.
create table crm.currencies (
    iso_code text primary key,
    name text,
    symbol text,
    exchange_rate numeric,
    is_home boolean not null,
    is_active boolean not null,
    rate_updated_at timestamptz
);
comment on table crm.currencies is 'The currencies of the organisation, as Zoho says.';

create table crm.stage_layouts (
    layout_id text not null,
    layout text,
    pipeline text not null,
    stage text not null,
    position integer not null,
    meaning text check (meaning in ('open', 'won', 'lost')),
    primary key (layout_id, pipeline, stage)
);
comment on table crm.stage_layouts is
    'The stages of each layout and pipeline of Deals, in their order, and what they mean there.';

-- The fiscal year of a day: its first day, and its last one. Months are those of the calendar; where
-- the first month is not known the year begins in January.
create function crm.fiscal_year_start(day date, first_month integer) returns date
language sql immutable parallel safe as $$
    select (
        date_trunc('year', day - make_interval(months => coalesce(first_month, 1) - 1))
        + make_interval(months => coalesce(first_month, 1) - 1)
    )::date
$$;

create function crm.fiscal_year_end(day date, first_month integer) returns date
language sql immutable parallel safe as $$
    select (crm.fiscal_year_start(day, first_month) + interval '1 year')::date - 1
$$;

-- The first day of the fiscal quarter, which are three months each from the fiscal year's first day.
create function crm.fiscal_quarter_start(day date, first_month integer) returns date
language sql immutable parallel safe as $$
    select (
        date_trunc('quarter', day - make_interval(months => (coalesce(first_month, 1) - 1) % 3))
        + make_interval(months => (coalesce(first_month, 1) - 1) % 3)
    )::date
$$;

-- How the fiscal year of a day is called: FY2026 is named by its first year, or by its last.
create function crm.fiscal_year_name(day date, first_month integer, by_end boolean) returns text
language sql immutable parallel safe as $$
    select 'FY' || extract(year from case
        when by_end then crm.fiscal_year_end(day, first_month)
        else crm.fiscal_year_start(day, first_month)
    end)::integer
$$;
