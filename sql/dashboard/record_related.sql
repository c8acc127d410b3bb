-- grain: one row per live deal, contact, account or lead that belongs to the record, at most 100
-- A lead's are what its conversion made; a deal's its account, contact and the lead it came of.
-- currency: that of the amount, null: the home currency.

with record as (
    select raw_data, id from crm.leads_raw where %(module)s = 'Leads' and id = %(id)s
    union all
    select raw_data, id from crm.crm_deals where %(module)s = 'Deals' and id = %(id)s
    union all
    select raw_data, id from crm.crm_contacts where %(module)s = 'Contacts' and id = %(id)s
    union all
    select raw_data, id from crm.crm_accounts where %(module)s = 'Accounts' and id = %(id)s
),
named as (
    select
        coalesce(
            raw_data #>> '{Account_Name,id}', raw_data #>> '{$converted_detail,account}'
        ) as account_id,
        coalesce(
            raw_data #>> '{Contact_Name,id}', raw_data #>> '{$converted_detail,contact}'
        ) as contact_id,
        raw_data #>> '{$converted_detail,deal}' as deal_id
    from record
)
select
    'Deals' as module, d.id, d.deal_name as name, d.stage, d.amount, d.currency, d.closing_date,
    d.owner_name
from crm.crm_deals d
where d.deleted_at is null and d.id <> %(id)s and (
    d.id = (select deal_id from named)
    or %(module)s = 'Accounts' and d.account_id = %(id)s
    or %(module)s = 'Contacts' and d.contact_id = %(id)s
)
union all
select 'Contacts', c.id, c.full_name, null, null, null, null, c.owner_name
from crm.crm_contacts c
where c.deleted_at is null and c.id <> %(id)s and (
    c.id = (select contact_id from named)
    or %(module)s = 'Accounts' and c.account_id = %(id)s
)
union all
select 'Accounts', a.id, a.account_name, a.industry, null, null, null, a.owner_name
from crm.crm_accounts a
where a.deleted_at is null and a.id <> %(id)s and a.id = (select account_id from named)
union all
select 'Leads', l.id, l.full_name, l.lead_status, null, null, null, l.owner_name
from crm.leads_raw l
where %(module)s = 'Deals' and l.deal_id = %(id)s and l.deleted_at is null
limit 100
