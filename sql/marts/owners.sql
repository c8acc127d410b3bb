-- grain: one row per owner (Zoho user who owns or owned a record)
-- kind: table
-- key: owner_id
-- owner: data engineering
-- lookup: crm.crm_contacts, crm.crm_accounts
-- The latest name of each owner id: the one on the record with the youngest Modified_Time, over
-- leads, deals, contacts and accounts, deleted records included; of who owns none now, the latest that
-- a lead or deal said before, or else the one that Zoho's own history tells. A renamed user has one
-- name everywhere. Behind the name of who has left Zoho, disabled or deleted there, stands (left): so
-- whatever shows an owner says it. Who was never told of as a user is not said to have left. Behind the
-- name of each of several people who have the same one stands the end of the id: (…00017). A table,
-- because every other mart joins it: as a view it would be made again in each query. Each name is
-- found in the index of names from the one before, so that no table is read: there are few.

with recursive records as not materialized (
    select owner_id, owner_name, modified_time from crm.leads_raw
    union all
    select owner_id, owner_name, modified_time from crm.crm_deals
    union all
    select owner_id, owner_name, modified_time from crm.crm_contacts
    union all
    select owner_id, owner_name, modified_time from crm.crm_accounts
),
present as (
    select '' as owner_id, '' as owner_name
    union all
    select n.*
    from present l
    cross join lateral (
        select owner_id, owner_name
        from records
        where (owner_id, owner_name) > (l.owner_id, l.owner_name)
        order by owner_id, owner_name
        limit 1
    ) n
),
former as (
    select '' as owner_id
    union all
    select n.*
    from former l
    cross join lateral (
        select owner_id
        from crm.record_versions
        where module in ('Leads', 'Deals') and owner_id > l.owner_id
        order by owner_id
        limit 1
    ) n
),
told as (
    select '' as owner_id
    union all
    select n.*
    from told l
    cross join lateral (
        select raw_data #>> '{automation_details,owner,old,id}' as owner_id
        from crm.record_history
        where raw_data #>> '{automation_details,owner,old,id}' > l.owner_id
        order by owner_id
        limit 1
    ) n
),
names as (
    select p.*, 1 as rank, (
        select max(modified_time)
        from records r
        where r.owner_id = p.owner_id and r.owner_name = p.owner_name
    ) as last_used
    from present p
    union all
    select f.owner_id, v.owner_name, 2, null
    from former f
    cross join lateral (
        select raw_data #>> '{Owner,name}' as owner_name
        from crm.record_versions
        where module in ('Leads', 'Deals') and owner_id = f.owner_id
        order by version desc
        limit 1
    ) v
    union all
    select t.owner_id, h.owner_name, 3, null
    from told t
    cross join lateral (
        select raw_data #>> '{automation_details,owner,old,name}' as owner_name
        from crm.record_history
        where raw_data #>> '{automation_details,owner,old,id}' = t.owner_id
        limit 1
    ) h
),
latest as (
    select distinct on (crm.text_label(owner_id))
        crm.text_label(owner_id) as owner_id,
        crm.tidy_text(owner_name) as name,
        coalesce((select not is_active from crm.users where id = owner_id), false) as has_left
    from names
    where crm.text_label(owner_id) is not null and crm.tidy_text(owner_name) is not null
    order by crm.text_label(owner_id), rank, last_used desc nulls last, owner_name
)
select
    owner_id,
    concat(
        name,
        case when count(*) over (partition by crm.text_key(name)) > 1
            then ' (…' || right(owner_id, 5) || ')' end,
        case when has_left then ' (left)' end
    ) as owner_name,
    name,
    has_left
from latest
