-- A company of %(leads)s leads and a fifth as many deals, created and landed evenly over the year up
-- to today, 1.4 kB a record; and what they said before: one former content of every second lead, two
-- of every deal but the youngest. Sources, statuses and owners follow from the number of a record,
-- without a pattern in time.
insert into crm.organisation (org_id, name, is_sandbox, timezone, currency)
values ('1', 'Company of a benchmark', true, 'Asia/Kolkata', 'INR');

create function pg_temp.written(moment timestamp) returns text language sql as $$
    select to_char(moment, 'YYYY-MM-DD"T"HH24:MI:SS"+05:30"')
$$;

create function pg_temp.owner(n bigint) returns jsonb language sql as $$
    select jsonb_build_object('id', '9' || n, 'name', 'Rep ' || n)
$$;

insert into crm.leads_raw (id, synced_at, raw_data)
select
    n::text,
    created,
    jsonb_build_object(
        'id', n::text,
        'First_Name', 'Asha',
        'Last_Name', 'Lead ' || n,
        'Company', 'Company ' || n,
        'Email', n || '@example.com',
        'Lead_Source', (array[
            'Facebook', 'Google', 'Referral', 'Web', 'Partner', 'Walk in', 'Trade show', null
        ])[1 + (hashint8(n) & 7)],
        'Lead_Status', (array[
            'Not Contacted', 'Attempted to Contact', 'Contacted', 'Contact in Future',
            'Pre-Qualified', 'Qualified', 'Junk Lead', 'Lost Lead'
        ])[1 + (hashint8(n * 7) & 7)],
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        '$converted', is_converted,
        'Converted_Date_Time', case
            when is_converted then pg_temp.written(created + interval '5 days')
        end,
        '$converted_detail', case
            when is_converted then jsonb_build_object('deal', 'D' || n / 5)
            else '{}'
        end,
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(created + interval '3 days'),
        'Description', repeat(md5(n::text), 28)
    )
from generate_series(1, %(leads)s::bigint) n
cross join lateral (
    select
        (hashint8(n * 17) & 7) = 0 as is_converted,
        current_date - interval '365 days' * (1 - n::float8 / %(leads)s) as created
) lead;

-- A deal takes 15 to 46 days and some hours, and stands in two stages before it closes. Those whose
-- time is not over are open, in a third one towards its end, and one in 64 of the others too: about a
-- tenth of all, nearly all of them due ahead.
create temporary table deal_cycles as
select
    n,
    created,
    created + cycle / 3 as moved,
    created + cycle as closes,
    case when is_open then created + cycle * 2 / 3 else created + cycle end as moved_again,
    is_open
from generate_series(1, %(leads)s::bigint / 5) n
cross join lateral (
    select
        current_date - interval '365 days' * (1 - 5 * n::float8 / %(leads)s) as created,
        interval '1 day' * (15 + (hashint8(n * 19) & 31))
            + interval '1 second' * (hashint8(n * 23) & 65535) as cycle
) c
cross join lateral (
    select created + cycle > current_date or (hashint8(n * 29) & 63) = 0 as is_open
) o;

insert into crm.crm_deals (id, synced_at, raw_data)
select
    'D' || n,
    created,
    jsonb_build_object(
        'id', 'D' || n,
        'Deal_Name', 'Deal ' || n,
        'Lead_Source', (array[
            'Facebook', 'Google', 'Referral', 'Web', 'Partner', 'Walk in', 'Trade show', null
        ])[1 + (hashint8(n) & 7)],
        'Stage', case
            when not is_open then (array['Closed Won', 'Closed Lost'])[1 + (hashint8(n * 7) & 1)]
            when moved > current_date then 'Qualification'
            when moved_again > current_date then 'Needs Analysis'
            else (array['Proposal/Price Quote', 'Negotiation/Review'])[1 + (hashint8(n * 7) & 1)]
        end,
        'Owner', pg_temp.owner(hashint8(n * 13) & 31),
        'Amount', (hashint8(n * 3) & 1048575) + 0.5,
        'Closing_Date', closes::date,
        'Account_Name', jsonb_build_object('id', 'A' || n %% 5000, 'name', 'Account ' || n %% 5000),
        'Created_Time', pg_temp.written(created),
        'Modified_Time', pg_temp.written(case
            when moved > current_date then created
            when moved_again > current_date then moved
            else moved_again
        end),
        'Description', repeat(md5(n::text), 28)
    )
from deal_cycles;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select
    'Deals', id, created_time, date_trunc('second', moved at time zone 'Asia/Kolkata'),
    raw_data || jsonb_build_object('Stage', 'Qualification', 'Amount', amount * 2)
from deal_cycles
join crm.crm_deals on id = 'D' || n
where moved <= current_date
order by created_time;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select
    'Deals', id, date_trunc('second', moved at time zone 'Asia/Kolkata'), modified_time,
    raw_data || '{"Stage": "Needs Analysis"}'
from deal_cycles
join crm.crm_deals on id = 'D' || n
where moved_again <= current_date
order by created_time;

drop table deal_cycles;

insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select
    'Leads', id, created_time, modified_time,
    raw_data || '{"Lead_Status": "Not Contacted", "$converted": false}'
from crm.leads_raw
where hashtext(id) & 1 = 0
order by created_time;
