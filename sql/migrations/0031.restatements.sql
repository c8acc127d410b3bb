-- What a day was told to have been, and then was found not to have been.
create table analytics.restatements (
    day date not null,
    figure text not null,
    before numeric,
    after numeric,
    reason text not null check (reason in ('records changed', 'definition changed')),
    records text[] not null default '{}',
    records_in_all integer not null default 0,
    run_id text,
    restated_at timestamptz not null default now()
);
create index on analytics.restatements (restated_at);
create index on analytics.restatements (day, figure);
comment on table analytics.restatements is
    'Figures of whole days in analytics.kpis that changed after they were told. Only added to.';
comment on column analytics.restatements.figure is 'The column of analytics.kpis.';
comment on column analytics.restatements.reason is
    'definition changed: another SQL, home currency, time zone, label or meaning; else records.';
comment on column analytics.restatements.records is
    'Ids of the records landed since the day was last computed that can bear on the figure, at most '
    '50 of records_in_all.';
comment on column analytics.restatements.run_id is 'The Dagster run that computed the day anew.';
select crm.protect('analytics.restatements');
