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
    coalesce(source.label, crm.label_or_none(c.lead_source)) as source,
    crm.label_or_none(c.owner_id) as owner_id,
    coalesce(w.owner_name, crm.label_or_none(c.owner_id)) as owner_name,
    c.created_time,
    (c.created_time at time zone o.timezone)::date as day,
    c.modified_time
from crm.crm_contacts c
join crm.organisation o on o.singleton
left join crm.text_labels source
    on source.field = 'Lead_Source' and source.key = crm.text_key(c.lead_source)
left join analytics.owners w on w.owner_id = c.owner_id
where c.deleted_at is null
