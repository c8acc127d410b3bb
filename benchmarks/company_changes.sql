-- What a day brings to the company of company.sql: 800 leads and 200 deals, picked at random. Of ten
-- of each sort six say something else than before, one is handed over, one has another source, one
-- is deleted or, where it was, restored, and one is new. What one said before becomes a version. All
-- land at benchmark.landed_at.
create temporary table changed on commit drop as
select 'Leads' as module, row_number() over () % 10 as what, id, raw_data, modified_time
from (select * from crm.leads_raw order by random() limit 800) l
union all
select 'Deals', row_number() over () % 10, id, raw_data, modified_time
from (select * from crm.crm_deals order by random() limit 200) d;

create temporary table said on commit drop as
select
    module,
    what,
    id,
    raw_data || jsonb_build_object('Modified_Time', date_trunc('second', now())) || case
        when what < 6 and module = 'Leads' then jsonb_build_object('Lead_Status', 'Contacted')
        when what < 6 then jsonb_build_object('Stage', 'Closed Won', 'Closing_Date', current_date)
        when what = 6 then '{"Owner": {"id": "91", "name": "Rep 1"}}'
        when what = 7 then '{"Lead_Source": "Google", "Amount": 4711}'
        else '{}'
    end as raw_data
from changed;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select module, id, modified_time, date_trunc('second', now()), raw_data
from changed
where what < 8;

update crm.leads_raw l
set synced_at = current_setting('benchmark.landed_at')::timestamptz,
    raw_data = s.raw_data,
    deleted_at = case when what = 8 and l.deleted_at is null then now() end
from said s
where s.module = 'Leads' and s.id = l.id and what < 9;

update crm.crm_deals d
set synced_at = current_setting('benchmark.landed_at')::timestamptz,
    raw_data = s.raw_data,
    deleted_at = case when what = 8 and d.deleted_at is null then now() end
from said s
where s.module = 'Deals' and s.id = d.id and what < 9;

insert into crm.leads_raw (id, synced_at, raw_data)
select
    new_id,
    current_setting('benchmark.landed_at')::timestamptz,
    raw_data || jsonb_build_object('id', new_id)
from (select *, gen_random_uuid()::text as new_id from said where module = 'Leads' and what = 9) s;

insert into crm.crm_deals (id, synced_at, raw_data)
select
    new_id,
    current_setting('benchmark.landed_at')::timestamptz,
    raw_data || jsonb_build_object('id', new_id)
from (select *, gen_random_uuid()::text as new_id from said where module = 'Deals' and what = 9) s;
