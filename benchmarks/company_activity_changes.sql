-- What a day brings to the activities of company_activities.sql besides company_changes.sql: 1,000 of
-- them. Six of ten are new calls on leads picked at random, two are tasks that are closed, one is
-- deleted or, where it was, restored, and one is moved to another lead.
create temporary table calls on commit drop as
select
    'P' || gen_random_uuid() as id,
    jsonb_build_object(
        'Subject', 'Call',
        'Call_Type', 'Outbound',
        'Outgoing_Call_Status', 'Completed',
        'Call_Start_Time', date_trunc('second', now()),
        'What_Id', jsonb_build_object('id', id),
        'Owner', raw_data -> 'Owner',
        'Created_Time', date_trunc('second', now()),
        'Modified_Time', date_trunc('second', now())
    ) as raw_data
from (select * from crm.leads_raw order by random() limit 600) l;

insert into crm.crm_calls (id, synced_at, raw_data)
select
    id,
    current_setting('benchmark.landed_at')::timestamptz,
    raw_data || jsonb_build_object('id', id)
from calls;

create temporary table tasks on commit drop as
select row_number() over () % 4 as what, t.*
from (select * from crm.crm_tasks order by random() limit 400) t;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select 'Tasks', id, modified_time, date_trunc('second', now()), raw_data from tasks where what < 3;

update crm.crm_tasks t
set synced_at = current_setting('benchmark.landed_at')::timestamptz,
    deleted_at = case when what = 3 and t.deleted_at is null then now() end,
    raw_data = t.raw_data || jsonb_build_object('Modified_Time', date_trunc('second', now())) || case
        when what < 2 then jsonb_build_object('Status', 'Completed', 'Closed_Time', now())
        when what = 2 then jsonb_build_object(
            'What_Id', jsonb_build_object('id', (select id from crm.leads_raw limit 1))
        )
        else '{}'
    end
from tasks c
where c.id = t.id;
