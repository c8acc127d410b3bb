-- What a day brings to the company of company.sql: 800 leads and 200 deals, picked at random, say
-- something else than before and what they said becomes a version.
create temporary table changed on commit drop as
select 'Leads' as module, id, raw_data, modified_time
from (select * from crm.leads_raw order by random() limit 800) l
union all
select 'Deals', id, raw_data, modified_time
from (select * from crm.crm_deals order by random() limit 200) d;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select module, id, modified_time, date_trunc('second', now()), raw_data
from changed;

update crm.leads_raw l
set synced_at = clock_timestamp(),
    raw_data = l.raw_data || jsonb_build_object(
        'Lead_Status', 'Contacted', 'Modified_Time', date_trunc('second', now())
    )
from changed c
where c.module = 'Leads' and c.id = l.id;

update crm.crm_deals d
set synced_at = clock_timestamp(),
    raw_data = d.raw_data || jsonb_build_object(
        'Stage', 'Closed Won', 'Closing_Date', current_date, 'Modified_Time', date_trunc('second', now())
    )
from changed c
where c.module = 'Deals' and c.id = d.id;
