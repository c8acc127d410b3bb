-- grain: one row per record of the module %(module)s among %(ids)s: how to reach whom it is about
-- phone: mobile before landline; of a deal those of its contact, else the account's. next_step and
-- last_activity (in the organisation's time zone) as the CRM says. is_aged: an open deal that
-- is long overdue (measures.is_long_overdue); alike_*: how many of these records are as aged as this one
-- or are not, their sum of Amount, and how many are not in it.

with chosen as (
    select 'Leads' as module, l.id, l.raw_data as person, l.raw_data as record, null::jsonb as account
    from crm.leads_raw l
    where %(module)s = 'Leads' and l.id = any(%(ids)s)
    union all
    select 'Contacts', c.id, c.raw_data, c.raw_data, a.raw_data
    from crm.crm_contacts c
    left join crm.crm_accounts a on a.id = c.raw_data #>> '{Account_Name,id}' and a.deleted_at is null
    where %(module)s = 'Contacts' and c.id = any(%(ids)s)
    union all
    select 'Accounts', a.id, a.raw_data, a.raw_data, null
    from crm.crm_accounts a
    where %(module)s = 'Accounts' and a.id = any(%(ids)s)
    union all
    select 'Deals', d.id, c.raw_data, d.raw_data, a.raw_data
    from crm.crm_deals d
    left join crm.crm_contacts c on c.id = d.contact_id and c.deleted_at is null
    left join crm.crm_accounts a on a.id = d.account_id and a.deleted_at is null
    where %(module)s = 'Deals' and d.id = any(%(ids)s)
)
select
    c.id,
    coalesce(
        nullif(trim(c.person ->> 'Mobile'), ''),
        nullif(trim(c.person ->> 'Phone'), ''),
        nullif(trim(c.account ->> 'Phone'), '')
    ) as phone,
    nullif(trim(c.person ->> 'Email'), '') as email,
    nullif(trim(c.record ->> 'Next_Step'), '') as next_step,
    crm.to_time(c.record ->> 'Last_Activity_Time') at time zone o.timezone as last_activity,
    a.is_aged,
    count(*) over alike as alike_records,
    sum(s.amount) over alike as alike_value,
    count(*) filter (where measures.is_unvalued(s.amount)) over alike as alike_unvalued
from chosen c
cross join crm.organisation o
left join analytics.deals s on c.module = 'Deals' and s.id = c.id
cross join lateral (
    select s.meaning = 'open' and measures.is_long_overdue(
        s.closing_date, (now() at time zone o.timezone)::date
    ) as is_aged
) a
window alike as (partition by a.is_aged)
