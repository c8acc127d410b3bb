-- Activities: calls, tasks, meetings and notes as modules like any other, and the hours in which the
-- company works.

alter table crm.modules add is_optional boolean not null default false;
comment on column crm.modules.is_optional is
    'Its figures are of their own: a company that does not read it misses no other figure.';

do $$
declare
    wanted record;
begin
    for wanted in select * from (values
        ('Calls', 'crm_calls'), ('Tasks', 'crm_tasks'), ('Events', 'crm_events'), ('Notes', 'crm_notes')
    ) m (module, table_name) loop
        if not exists (select from crm.modules m where m.module = wanted.module) then
            perform crm.ensure_module(wanted.module, wanted.table_name);
            update crm.modules set is_configured = false where module = wanted.module;
        end if;
        update crm.modules set is_optional = true where module = wanted.module;
    end loop;
end $$;

-- What_Id leads to a lead, deal or account, Who_Id to a contact; both ids are unique in all of the CRM,
-- so which module they lead to is found by the id.
alter table crm.crm_calls
    add column if not exists what_id text generated always as (raw_data #>> '{What_Id,id}') stored,
    add column if not exists who_id text generated always as (raw_data #>> '{Who_Id,id}') stored,
    add column if not exists call_type text generated always as (
        lower(trim(raw_data ->> 'Call_Type'))) stored,
    add column if not exists call_status text generated always as (lower(trim(coalesce(
        raw_data ->> 'Outgoing_Call_Status',
        raw_data ->> 'Outbound_Call_Status',
        raw_data ->> 'Call_Status')))) stored,
    add column if not exists call_started_at timestamptz generated always as (
        crm.to_time(raw_data ->> 'Call_Start_Time')) stored;
alter table crm.crm_tasks
    add column if not exists what_id text generated always as (raw_data #>> '{What_Id,id}') stored,
    add column if not exists who_id text generated always as (raw_data #>> '{Who_Id,id}') stored,
    add column if not exists task_status text generated always as (
        lower(trim(raw_data ->> 'Status'))) stored,
    add column if not exists task_closed_at timestamptz generated always as (
        crm.to_time(raw_data ->> 'Closed_Time')) stored;
-- Some meetings reach a lead through the participants alone.
alter table crm.crm_events
    add column if not exists what_id text generated always as (raw_data #>> '{What_Id,id}') stored,
    add column if not exists who_id text generated always as (raw_data #>> '{Who_Id,id}') stored,
    add column if not exists participant_lead_id text generated always as (jsonb_path_query_first(
        raw_data, '$.Participants[*] ? (@.type == "lead").participant') #>> '{}') stored,
    add column if not exists meeting_starts_at timestamptz generated always as (
        crm.to_time(raw_data ->> 'Start_DateTime')) stored,
    add column if not exists meeting_ends_at timestamptz generated always as (
        crm.to_time(raw_data ->> 'End_DateTime')) stored;
alter table crm.crm_notes
    add column if not exists parent_id text generated always as (
        raw_data #>> '{Parent_Id,id}') stored;

-- When the company works. No row of crm.business_hours: nobody says, so it counts around the clock.
create table crm.business_hours (
    weekday integer primary key check (weekday between 1 and 7),
    opens time not null,
    closes time not null,
    told_by text not null check (told_by in ('zoho', 'file'))
);
comment on table crm.business_hours is
    'The hours of each ISO day of the week that is worked, in the organisation''s time zone. closes: '
    '24:00 is midnight; not after opens: of the next day. Derived: correct it in business_hours.csv.';

-- A time of day as Zoho and a person write it, null where the text is none: 9:30, 18:00, 24:00.
create function crm.to_clock(value text) returns time
language sql immutable parallel safe strict as $$
    select case when value ~ '^\s*([01]?\d|2[0-3]):[0-5]\d\s*$' or value ~ '^\s*24:00\s*$'
        then trim(value)::time end
$$;

select crm.protect('crm.business_hours');
