-- grain: one row per owner (Zoho user who owns or owned a record)
-- kind: table
-- key: owner_id
-- owner: data engineering
-- The latest name of each owner id: the one on the record with the youngest Modified_Time, over
-- leads, deals, contacts and accounts, deleted records included. A renamed user has one name
-- everywhere. A table, because every other mart joins it: as a view it would read all four module
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
select distinct on (owner_id)
    owner_id,
    owner_name
from names
where trim(owner_id) <> '' and trim(owner_name) <> ''
order by owner_id, last_used desc nulls last, owner_name
