-- Which activities changed, and which belong to a lead or deal that did, is asked at every sync.

-- The contact that a lead became when it was converted; null for one that was not.
create function crm.contact_of_conversion(record jsonb) returns text
language sql immutable parallel safe as $$
    select coalesce(
        record #>> '{$converted_detail,contact,id}',
        record #>> '{$converted_detail,contact}',
        record #>> '{Converted_Contact,id}'
    )
$$;
create index on crm.leads_raw (crm.contact_of_conversion(raw_data))
    where crm.contact_of_conversion(raw_data) is not null;

create index on crm.crm_calls (synced_at);
create index on crm.crm_tasks (synced_at);
create index on crm.crm_events (synced_at);
create index on crm.crm_notes (synced_at);

-- What is read of first touches where activities are not.
alter table analytics.first_touch
    add column if not exists is_converted boolean,
    add column if not exists weekday integer,
    add column if not exists hour integer,
    add column if not exists ended_at timestamptz;

-- How many rows came and went since a table is watched, so that whether a history holds each record is
-- told without counting them.
alter table crm.table_writes add column added bigint not null default 0;
comment on column crm.table_writes.added is 'Rows inserted, less rows deleted.';
alter table analytics.mart_builds add column records_added bigint;
comment on column analytics.mart_builds.records_added is
    'Of a history: the sum of crm.table_writes.added over the tables of its records as it was built.';

create or replace function crm.note_write() returns trigger language plpgsql as $$
declare
    rows_added bigint := 0;
begin
    if tg_op = 'TRUNCATE' then
        select -sum(w.added) into rows_added from crm.table_writes w where w.relation = tg_relid;
    elsif not exists (select from written) then
        return null;
    elsif tg_op = 'INSERT' then
        select count(*) into rows_added from written;
    elsif tg_op = 'DELETE' then
        select -count(*) into rows_added from written;
    end if;
    insert into crm.table_writes as w (relation, written_by, mark, added)
    values (tg_relid, pg_current_xact_id(), 1000000000000 * random(), coalesce(rows_added, 0))
    on conflict (relation, written_by) do update
    set mark = w.mark + excluded.mark, added = w.added + excluded.added;
    return null;
end $$;
