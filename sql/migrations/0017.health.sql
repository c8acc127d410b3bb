-- What the dashboard shows of the pipeline's own health.

create table analytics.check_results (
    asset text not null,
    name text not null,
    passed boolean not null,
    severity text not null check (severity in ('error', 'warn')),
    about text not null,
    found text not null,
    checked_at timestamptz not null default now(),
    primary key (asset, name)
);
comment on table analytics.check_results is 'The newest result of each asset check.';
comment on column analytics.check_results.asset is 'Schema and table, as schema/table.';
comment on column analytics.check_results.severity is 'How bad it is where it does not pass.';
comment on column analytics.check_results.about is 'What is checked.';
comment on column analytics.check_results.found is 'What was found, in a sentence.';

create table analytics.mart_refreshes (
    mart text primary key,
    kind text not null,
    rows integer,
    refreshed_at timestamptz not null default now()
);
comment on table analytics.mart_refreshes is 'When each mart was last brought up to date.';
comment on column analytics.mart_refreshes.rows is 'Rows written then; null for a view.';
