-- The activities of the company of company.sql, three times as many as it has leads: half of them
-- calls, a quarter tasks, the rest meetings and notes; two thirds on leads, the others on deals. Each
-- lies in the 40 days after its lead or deal was created; a closed task was an open one before. Which
-- record, kind and moment follow from the number of an activity.
create function pg_temp.activity(n bigint, leads bigint) returns table (link jsonb, created timestamp)
language sql stable as $$
    select
        jsonb_build_object('id', case when n %% 3 > 0 then m.lead::text else 'D' || 1 + m.lead / 5 end),
        l.created + (hashint8(n * 5) & 65535) / 65536.0
            * least(interval '40 days', current_date - l.created)
    from (select (hashint8(n)::bigint + 2147483648) %% (leads - 5) + 1 as lead) m
    cross join lateral (
        select current_date - interval '365 days' * (1 - m.lead::float8 / leads) as created
    ) l
$$;

insert into crm.crm_calls (id, synced_at, raw_data)
select
    'P' || n,
    created,
    jsonb_build_object(
        'id', 'P' || n,
        'Subject', 'Call ' || n,
        'Call_Type', (array['Outbound', 'Outbound', 'Inbound', 'Missed'])[1 + (hashint8(n * 3) & 3)],
        'Outgoing_Call_Status', case when n %% 20 = 0 then 'Scheduled' else 'Completed' end,
        'Call_Start_Time', pg_temp.written(created),
        'What_Id', link,
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, 3 * %(leads)s::bigint / 2) n
cross join lateral pg_temp.activity(n, %(leads)s) a;

insert into crm.crm_tasks (id, synced_at, raw_data)
select
    'T' || n,
    created,
    jsonb_build_object(
        'id', 'T' || n,
        'Subject', 'Task ' || n,
        'Status', case when n %% 2 = 0 then 'Completed' else 'Not Started' end,
        'Closed_Time', case when n %% 2 = 0 then pg_temp.written(created + interval '6 hours') end,
        'What_Id', link,
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, 3 * %(leads)s::bigint / 4) n
cross join lateral pg_temp.activity(n + 100000000, %(leads)s) a;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select
    'Tasks', id, created_time, task_closed_at,
    raw_data || '{"Status": "Not Started", "Closed_Time": null}'
from crm.crm_tasks
where task_closed_at is not null
order by created_time;

insert into crm.crm_events (id, synced_at, raw_data)
select
    'M' || n,
    created,
    jsonb_build_object(
        'id', 'M' || n,
        'Event_Title', 'Meeting ' || n,
        'Start_DateTime', pg_temp.written(created + interval '5 days'),
        'End_DateTime', pg_temp.written(created + interval '5 days 1 hour'),
        'What_Id', link,
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, 3 * %(leads)s::bigint / 8) n
cross join lateral pg_temp.activity(n + 200000000, %(leads)s) a;

insert into crm.crm_notes (id, synced_at, raw_data)
select
    'N' || n,
    created,
    jsonb_build_object(
        'id', 'N' || n,
        'Note_Content', repeat(md5(n::text), 4),
        'Parent_Id', link,
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, 3 * %(leads)s::bigint / 8) n
cross join lateral pg_temp.activity(n + 300000000, %(leads)s) a;

update crm.modules set is_configured = true where module in ('Calls', 'Tasks', 'Events', 'Notes');

insert into crm.sync_logs (run_id, module, window_start, window_end, status, started_at, finished_at)
select 'benchmark', module, now() - interval '1 day', now(), 'success', now(), now()
from unnest(array['Leads', 'Deals', 'Calls', 'Tasks', 'Events', 'Notes']) module;
