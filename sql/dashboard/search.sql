-- grain: one row per live record that is found by the text, at most 20, the latest changed first
-- %(text)s: an id, or words, each the beginning of one of the record's (crm.search_terms);
-- %(number)s: as of crm.search_number instead of the words, or null.

with asked as (
    select %(text)s::text as text, crm.search_parts(%(text)s, %(number)s) as parts
),
found as (
    select 'Leads' as module, l.id, coalesce(l.full_name, '(no name)') as name, l.company,
        l.lead_status as stage, l.owner_name, l.modified_time
    from crm.leads_raw l
    where l.deleted_at is null
        and l.id = any(array(select unnest(crm.search('crm.leads_raw', parts) || text) from asked))
    union all
    select 'Deals', d.id, coalesce(d.deal_name, '(no name)'), d.account_name, d.stage,
        d.owner_name, d.modified_time
    from crm.crm_deals d
    where d.deleted_at is null
        and d.id = any(array(select unnest(crm.search('crm.crm_deals', parts) || text) from asked))
    union all
    select 'Contacts', c.id, coalesce(c.full_name, '(no name)'), c.account_name, null,
        c.owner_name, c.modified_time
    from crm.crm_contacts c
    where c.deleted_at is null
        and c.id = any(array(select unnest(crm.search('crm.crm_contacts', parts) || text) from asked))
    union all
    select 'Accounts', a.id, coalesce(a.account_name, '(no name)'), null, a.industry,
        a.owner_name, a.modified_time
    from crm.crm_accounts a
    where a.deleted_at is null
        and a.id = any(array(select unnest(crm.search('crm.crm_accounts', parts) || text) from asked))
)
select module, id, name, company, stage, owner_name
from found
order by modified_time desc nulls last, id
limit 20
