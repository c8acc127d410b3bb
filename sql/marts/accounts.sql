-- grain: one row per live account
-- kind: view
-- owner: sales operations
-- A live account is one that is not deleted.
-- figures:
--   annual_revenue (money): Annual_Revenue of the account as in Zoho; null where empty

select
    a.id,
    a.account_name as name,
    coalesce(industry.label, crm.label_or_none(a.industry)) as industry,
    a.annual_revenue,
    crm.label_or_none(a.owner_id) as owner_id,
    coalesce(w.owner_name, crm.label_or_none(a.owner_id)) as owner_name,
    a.created_time,
    (a.created_time at time zone o.timezone)::date as day,
    a.modified_time
from crm.crm_accounts a
join crm.organisation o on o.singleton
left join crm.text_labels industry
    on industry.field = 'Industry' and industry.key = crm.text_key(a.industry)
left join analytics.owners w on w.owner_id = a.owner_id
where a.deleted_at is null
