-- A check that passed is not made again while nothing that it reads has changed.
alter table analytics.check_results
    add column inputs text,
    add column since timestamptz not null default now();
comment on column analytics.check_results.inputs is
    'Of a check of a mart: a hash of its query and of all that it read; null where it is not known.';
comment on column analytics.check_results.since is
    'When it was made on these inputs; later runs found them unchanged.';
