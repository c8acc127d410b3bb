-- What else belongs to the company of company.sql: 5,000 accounts and a contact of each tenth lead.
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

insert into crm.sync_logs (run_id, module, window_start, window_end, status, started_at, finished_at)
select 'benchmark', module, now() - interval '1 day', now(), 'success', now(), now()
from unnest(array['Contacts', 'Accounts']) module;
