-- grain: one row per owner (Zoho user who owns or owned a record)
-- kind: table
-- key: owner_id
-- owner: data engineering
-- lookup: crm.crm_contacts, crm.crm_accounts
-- The latest name of each owner id: the one on the record with the youngest Modified_Time, over
-- leads, deals, contacts and accounts, deleted records included. A renamed user has one name
-- everywhere. Behind the name of who has left Zoho, disabled or deleted there, stands (left): so
-- whatever shows an owner says it. Who was never told of as a user is not said to have left. A table, because every other mart joins it: as a view it would read all four module
-- tables again in each query. Grouped by name before choosing, so that no large set is sorted.

with names as (
    select owner_id, owner_name, max(modified_time) as last_used
    from crm.leads_raw
    group by owner_id, owner_name
    union all
    select owner_id, owner_name, max(modified_time)
    from crm.crm_deals
    group by owner_id, owner_name
    union all
    select owner_id, owner_name, max(modified_time)
    from crm.crm_contacts
    group by owner_id, owner_name
    union all
    select owner_id, owner_name, max(modified_time)
    from crm.crm_accounts
    group by owner_id, owner_name
)
select distinct on (crm.text_label(owner_id))
    crm.text_label(owner_id) as owner_id,
    crm.tidy_text(owner_name) || case when u.is_active then '' else ' (left)' end as owner_name,
    not u.is_active as has_left
from names
cross join lateral (
    select coalesce((select is_active from crm.users where id = owner_id), true) as is_active
) u
where crm.text_label(owner_id) is not null and crm.tidy_text(owner_name) is not null
order by crm.text_label(owner_id), last_used desc nulls last, owner_name
