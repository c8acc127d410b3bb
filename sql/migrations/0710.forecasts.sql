-- Forecasts as they were made.

create table analytics.forecasts (
    day date not null,
    scope text not null check (scope in ('company', 'rep')),
    owner_id text not null default '',
    period text not null check (period in ('month', 'quarter')),
    first_day date not null,
    last_day date not null,
    won_value numeric not null,
    won_deals integer not null,
    value_p10 numeric,
    value_p25 numeric,
    value_p50 numeric,
    value_p75 numeric,
    value_p90 numeric,
    deals_p10 numeric,
    deals_p25 numeric,
    deals_p50 numeric,
    deals_p75 numeric,
    deals_p90 numeric,
    weighted_value numeric,
    weighted_deals numeric,
    paced_value numeric,
    paced_deals numeric,
    closed_deals integer not null,
    silent text,
    is_back_test boolean not null,
    made_at timestamptz not null default clock_timestamp(),
    primary key (day, scope, owner_id, period),
    check ((value_p10 is null) = (silent is not null)),
    check (day between first_day and last_day)
);
comment on table analytics.forecasts is
    'What was forecast at the end of a day for the end of its month and fiscal quarter, as it was '
    'made. Rows are added and never changed.';
comment on column analytics.forecasts.owner_id is 'Of a rep; empty for the company.';
comment on column analytics.forecasts.won_value is 'Won in the period up to the day, as known then.';
comment on column analytics.forecasts.value_p10 is
    'Won at the end of the period: one time in ten it will be less. p10 to p90 is the 80 % interval, '
    'p25 to p75 the 50 % one, p50 the middle.';
comment on column analytics.forecasts.weighted_value is
    'The rival: won, and Amount times probability of the open deals that were to close in the period; '
    'null where no probability was known.';
comment on column analytics.forecasts.paced_value is
    'The other rival: won, and what the period before brought from the same part of it on.';
comment on column analytics.forecasts.closed_deals is 'How many closed deals it rests on.';
comment on column analytics.forecasts.silent is 'Why there is none, in a sentence.';
comment on column analytics.forecasts.is_back_test is
    'Made later than on the next day, from what had been known at the end of the day.';

create function analytics.keep_forecast() returns trigger language plpgsql as $$
begin
    raise exception 'A forecast stays as it was made: analytics.forecasts is only added to.';
end
$$;
create trigger keep_forecast before update or delete on analytics.forecasts
    for each row execute function analytics.keep_forecast();

select crm.protect('analytics.forecasts');
