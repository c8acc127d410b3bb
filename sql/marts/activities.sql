-- grain: one row per activity in the CRM, deleted ones too: a call, task, meeting, note or e-mail
-- kind: incremental
-- records: analytics.activity_records
-- links: lead_id, analytics.lead_history; deal_id, analytics.deal_history
-- key: id, module
-- index: lead_id+is_touch+is_deleted+at, deal_id+contact_id+account_id+at, contact_id
-- index: carried_lead_id, created_time, synced_at, missing_ids
-- owner: sales operations
-- direction, at, takes_place, is_called_off: as in analytics.activity_records. is_touch: somebody was or
-- tried to be in touch, or will be: whatever takes place but for notes and e-mails that came in.
-- lead_id, deal_id, contact_id, account_id: what it belongs to, by the ids of its links: those it was
-- first seen with, which conversion may move, and those of now. An activity that was first seen on
-- what a lead became belongs to that lead too, where it took place between creation and conversion.
-- carried_lead_id: that lead, of such an activity alone.
-- missing_ids: links to what has not been read; null where there is none.

with changed as (
    select id
    from (
        select id, synced_at from analytics.activity_records where synced_at > %(since)s
        except
        select id, synced_at from analytics.activities where synced_at > %(since)s
    ) landed
    union
    -- What they name was not there yet.
    select a.id
    from analytics.activities a
    where a.missing_ids is not null and a.missing_ids && array(  -- in the words of its index
        select id from crm.leads_raw where synced_at > %(since)s
        union all
        select id from crm.crm_deals where synced_at > %(since)s
        union all
        select id from crm.crm_contacts where synced_at > %(since)s
        union all
        select id from crm.crm_accounts where synced_at > %(since)s
    )
    union
    -- Those that a lead has for what it became, or would have now.
    select id
    from analytics.activities
    where carried_lead_id = any(array(select id from crm.leads_raw where synced_at > %(since)s))
    union
    select a.id
    from analytics.activities a
    join crm.leads_raw l on l.deal_id = a.deal_id
    where l.synced_at > %(since)s
        and l.is_converted and a.at between l.created_time and l.converted_time
    union
    select a.id
    from analytics.activities a
    join crm.leads_raw l on crm.contact_of_conversion(l.raw_data) = a.contact_id
    where l.synced_at > %(since)s
        and l.is_converted and a.at between l.created_time and l.converted_time
    union
    -- Of whom a deal is.
    select a.id
    from analytics.activities a
    join crm.crm_deals d on d.id = a.deal_id
    where d.synced_at > %(since)s
        and (a.contact_id, a.account_id) is distinct from (d.contact_id, d.account_id)
),
logged as (
    select *
    from analytics.activity_records
    where id in (select id from changed)
),
first_seen as (
    select distinct on (module, id)
        module,
        id,
        array[
            v.raw_data #>> '{What_Id,id}',
            v.raw_data #>> '{Who_Id,id}',
            v.raw_data #>> '{Parent_Id,id}',
            jsonb_path_query_first(
                v.raw_data, '$.Participants[*] ? (@.type == "lead").participant') #>> '{}'
        ] as links
    from crm.record_versions v
    join logged g using (module, id)
    order by module, id, version
),
named as (
    select module, id, unnest(links) as link, true as is_present from logged
    union all
    select module, id, unnest(links), false from first_seen
),
-- Each looked up once, by its index: beside a hash of all ids, they are few.
links as materialized (
    select
        n.link,
        l.id as lead_id,
        d.id as deal_id,
        c.id as contact_id,
        a.id as account_id,
        coalesce(l.id, d.id, c.id, a.id) is null as is_missing
    from (select distinct link from named) n
    left join crm.leads_raw l on l.id = n.link
    left join crm.crm_deals d on d.id = n.link
    left join crm.crm_contacts c on c.id = n.link
    left join crm.crm_accounts a on a.id = n.link
),
linked as (
    select
        module,
        id,
        -- The link of the first content wins over that of now.
        coalesce(min(lead_id) filter (where not is_present), min(lead_id)) as lead_id,
        coalesce(min(deal_id) filter (where not is_present), min(deal_id)) as deal_id,
        coalesce(min(contact_id) filter (where not is_present), min(contact_id)) as contact_id,
        coalesce(min(account_id) filter (where not is_present), min(account_id)) as account_id
    from named
    join links using (link)
    group by module, id
),
missing as (
    select module, id, array_agg(distinct link) as ids
    from named
    join links using (link)
    where is_missing
    group by module, id
),
became as (
    select n.module, n.id, true as is_deal, l.id as lead_id, l.created_time, l.converted_time
    from linked n
    join crm.leads_raw l on l.deal_id = n.deal_id
    where n.lead_id is null and l.is_converted
    union all
    select n.module, n.id, false, l.id, l.created_time, l.converted_time
    from linked n
    join crm.leads_raw l on crm.contact_of_conversion(l.raw_data) = n.contact_id
    where n.lead_id is null and l.is_converted
),
carried_over as (
    select distinct on (b.module, b.id) b.module, b.id, b.lead_id
    from became b
    join logged g on (g.module, g.id) = (b.module, b.id)
    where g.at between b.created_time and b.converted_time
    order by b.module, b.id, b.is_deal desc, b.created_time desc, b.lead_id
),
-- Each once: to tidy an id takes longer than all else of an activity.
owners as materialized (
    select id, crm.text_label(id) as label
    from (select distinct owner_id as id from logged) o
)
select
    g.module,
    g.id,
    g.kind,
    g.direction,
    g.at,
    g.takes_place,
    g.takes_place and g.kind <> 'note' and not (g.kind = 'email' and g.direction = 'inbound')
        as is_touch,
    g.is_called_off,
    g.ends_at,
    o.label as owner_id,
    g.created_time,
    g.modified_time,
    coalesce(n.lead_id, c.lead_id) as lead_id,
    c.lead_id as carried_lead_id,
    n.deal_id,
    coalesce(n.contact_id, d.contact_id) as contact_id,
    coalesce(n.account_id, d.account_id) as account_id,
    m.ids as missing_ids,
    g.deleted_at is not null as is_deleted,
    true as is_present,
    g.synced_at
from logged g
left join linked n using (module, id)
left join missing m using (module, id)
left join carried_over c using (module, id)
left join crm.crm_deals d on d.id = n.deal_id
left join owners o on o.id = g.owner_id
