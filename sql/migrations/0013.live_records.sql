-- How many live records each module had, to see a sudden drop.
create table crm.live_records (
    module text not null references crm.modules,
    day date not null,
    records integer not null,
    kept_at timestamptz not null default now(),
    primary key (module, day)
);
comment on table crm.live_records is
    'Live records of a module at its last sync of a day, where that was no sudden drop.';
