-- What else belongs to the company of company.sql: an account of each fortieth deal, a contact of each
-- tenth lead, a call on every second lead within two days.
insert into crm.crm_accounts (id, synced_at, raw_data)
select
    'A' || n,
    created,
    jsonb_build_object(
        'id', 'A' || n,
        'Account_Name', 'Account ' || n,
        'Industry', (array['Retail', 'Hospitality', 'Real estate', null])[1 + (hashint8(n) & 3)],
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Phone', '+91 22 ' || 40000000 + n,
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(0, 4999) n
cross join lateral (select current_date - interval '365 days' as created) account;

insert into crm.crm_contacts (id, synced_at, raw_data)
select
    'C' || n,
    created,
    jsonb_build_object(
        'id', 'C' || n,
        'First_Name', 'Ravi',
        'Last_Name', 'Contact ' || n,
        'Full_Name', 'Ravi Contact ' || n,
        'Email', 'contact' || n || '@example.com',
        'Mobile', '+91 98' || lpad((hashint8(n) & 134217727)::text, 8, '0'),
        'Account_Name', jsonb_build_object('id', 'A' || n %% 5000, 'name', 'Account ' || n %% 5000),
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, %(leads)s::bigint / 10) n
cross join lateral (
    select current_date - interval '365 days' * (1 - 10 * n::float8 / %(leads)s) as created
) contact;

insert into crm.crm_calls (id, synced_at, raw_data)
select
    'P' || n,
    created,
    jsonb_build_object(
        'id', 'P' || n,
        'Subject', 'Call ' || n,
        'Call_Type', 'Outbound',
        'Call_Status', 'Completed',
        'Call_Start_Time', pg_temp.written(created),
        'What_Id', jsonb_build_object('id', (n * 2)::text),
        'Owner', pg_temp.owner(hashint8(n * 26) & 31),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created)
    )
from generate_series(1, %(leads)s::bigint / 2) n
cross join lateral (
    select
        current_date - interval '365 days' * (1 - 2 * n::float8 / %(leads)s)
        + interval '1 minute' * (hashint8(n) & 2047) as created
) call;

update crm.modules set is_configured = true where module = 'Calls';

insert into crm.sync_logs (run_id, module, window_start, window_end, status, started_at, finished_at)
select 'benchmark', module, now() - interval '1 day', now(), 'success', now(), now()
from unnest(array['Leads', 'Deals', 'Contacts', 'Accounts', 'Calls']) module;
