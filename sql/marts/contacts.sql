-- grain: one row per live contact
-- kind: view
-- owner: sales operations
-- A live contact is one that is not deleted. No telephone number and no e-mail address here: they
-- are in crm.crm_contacts, for those who may see raw records.

select
    c.id,
    c.full_name as name,
    c.account_id,
    c.account_name,
    coalesce(nullif(trim(c.lead_source), ''), '(none)') as source,
    coalesce(nullif(trim(c.owner_id), ''), '(none)') as owner_id,
    coalesce(w.owner_name, nullif(trim(c.owner_id), ''), '(none)') as owner_name,
    c.created_time,
    (c.created_time at time zone o.timezone)::date as day,
    c.modified_time
from crm.crm_contacts c
join crm.organisation o on o.singleton
left join analytics.owners w on w.owner_id = c.owner_id
where c.deleted_at is null
