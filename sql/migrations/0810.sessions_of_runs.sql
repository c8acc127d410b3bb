-- A run that has ceased to beat may still hold locks: its process is suspended, or its machine lost
-- the network. By this name its sessions are found, and ended.
alter table crm.run_heartbeats add column if not exists application text;
comment on column crm.run_heartbeats.application is
    'The application_name of the sessions of the process that carries the run out.';
