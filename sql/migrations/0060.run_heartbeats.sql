-- A run is alive while it beats: whoever waits for what it holds can tell, on whatever machine.
create table crm.run_heartbeats (
    run_id text primary key,
    host text not null,
    began_at timestamptz not null default now(),
    beat_at timestamptz not null default now()
);
comment on table crm.run_heartbeats is
    'Dagster runs under way, with the machine of each; one that has not beaten for 90 s has ended.';
-- Not by select: yoyo prints the rows of one.
do $$ begin perform crm.protect('crm.run_heartbeats'); end $$;
