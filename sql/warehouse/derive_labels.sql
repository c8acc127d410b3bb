-- Bring crm.text_labels up to date: a row per key of %(aliases)s, of the organisation's lists, of the
-- files of meanings %(meanings)s and of what has landed since the last time.
-- A label that records chose stays until a list or a file says otherwise, so that a second spelling
-- that becomes the usual one renames nothing. Of several spellings in a list the first counts.
-- Until its first label a text is shown as it is written, by marts that were built meanwhile: where
-- that is another one, it changes.
with aliases as (
    select field, crm.text_key(alias) as key, crm.text_key(value) as target,
        crm.text_label(value) as target_label
    from jsonb_to_recordset(%(aliases)s::jsonb) as a (field text, alias text, value text)
),
offered as (
    select
        f.module,
        f.api_name as field,
        v.number,
        n.shown,
        n.kept,
        crm.text_key(n.shown) as shown_key,
        crm.text_key(n.kept) as kept_key
    from crm.crm_fields f
    cross join lateral jsonb_array_elements(f.picklist) with ordinality v (item, number)
    cross join lateral (values (
        coalesce(v.item ->> 'display_value', v.item ->> 'actual_value'),
        coalesce(v.item ->> 'actual_value', v.item ->> 'display_value')
    )) n (shown, kept)
    where f.api_name in ('Lead_Source', 'Lead_Status', 'Stage', 'Industry')
),
-- A value that was renamed shows its new name also where records carry the old one: of statuses and
-- stages, which mean something, only where neither name stands for another value as well.
listed as (
    select distinct on (o.field, n.key) o.field, n.key, crm.text_label(n.label) as label
    from offered o
    cross join lateral (values
        (1, o.shown_key, o.shown),
        (2, o.kept_key, case
            when o.field in ('Lead_Source', 'Industry') or not exists (
                select from offered other
                where other.field = o.field and other.kept_key <> o.kept_key
                    and (o.shown_key in (other.shown_key, other.kept_key)
                        or o.kept_key = other.shown_key)
            ) then o.shown else o.kept
        end)
    ) n (preference, key, label)
    order by o.field, n.key, n.preference, o.module = 'Leads' desc, o.number
),
meant as (
    select distinct on (module, crm.text_key(value))
        case module when 'Leads' then 'Lead_Status' else 'Stage' end as field,
        crm.text_key(value) as key,
        crm.text_label(value) as label
    from jsonb_to_recordset(%(meanings)s::jsonb) as m (module text, value text)
    order by module, crm.text_key(value), value
),
since as (
    select m.module, coalesce(u.landed_at - interval '5 minutes', '-infinity') as landed_at
    from crm.modules m
    left join crm.text_labels_until u using (module)
),
texts as (
    select f.field, f.value, count(*) as records, min(r.synced_at) as landed_at
    from crm.leads_raw r
    cross join lateral (values
        ('Lead_Source', r.lead_source), ('Lead_Status', r.lead_status)
    ) f (field, value)
    where r.synced_at > (select landed_at from since where module = 'Leads')
    group by 1, 2
    union all
    select f.field, f.value, count(*), min(r.synced_at)
    from crm.crm_deals r
    cross join lateral (values ('Lead_Source', r.lead_source), ('Stage', r.stage)) f (field, value)
    where r.synced_at > (select landed_at from since where module = 'Deals')
    group by 1, 2
    union all
    select 'Lead_Source', lead_source, count(*), min(synced_at)
    from crm.crm_contacts
    where synced_at > (select landed_at from since where module = 'Contacts')
    group by 2
    union all
    select 'Industry', industry, count(*), min(synced_at)
    from crm.crm_accounts
    where synced_at > (select landed_at from since where module = 'Accounts')
    group by 2
    union all
    select f.field, f.value, count(*), min(r.replaced_at)
    from crm.record_versions r
    cross join lateral (values
        ('Lead_Source', r.lead_source), ('Lead_Status', r.lead_status), ('Stage', r.stage)
    ) f (field, value)
    where (
        r.module = 'Leads' and r.id in (
            select id
            from crm.leads_raw
            where synced_at > (select landed_at from since where module = 'Leads')
        )
        or r.module = 'Deals' and r.id in (
            select id
            from crm.crm_deals
            where synced_at > (select landed_at from since where module = 'Deals')
        )
    )
    group by 1, 2
),
spelled as (
    select
        field,
        crm.text_key(value) as key,
        crm.text_label(value) as label,
        sum(records) as records,
        min(landed_at) as landed_at
    from texts
    where value is not null
    group by 1, 2, 3
),
usual as (
    select distinct on (field, key) field, key, label
    from spelled
    order by field, key, records desc, label
),
keys as (
    select field, key from aliases
    union
    select field, target from aliases
    union
    select field, key from listed
    union
    select field, key from meant
    union
    select field, key from usual
    union
    select field, key from crm.text_labels
),
named as (
    select
        k.field,
        k.key,
        coalesce(l.label, m.label, n.own_label, u.label) as own_label,
        coalesce(l.label, m.label, n.own_label, u.label, written.label) as label,
        case
            when l.label is not null then 'crm'
            when m.label is not null then 'meaning'
            else 'records'
        end as told_by
    from keys k
    left join listed l using (field, key)
    left join meant m using (field, key)
    left join crm.text_labels n on n.field = k.field and n.key = k.key
    left join usual u on u.field = k.field and u.key = k.key
    left join lateral (
        select target_label as label from aliases a where a.field = k.field and a.target = k.key limit 1
    ) written on true
    where k.key is not null
),
wanted as (
    select
        n.field,
        n.key,
        n.own_label,
        case when a.key is null then n.label else coalesce(t.label, '(none)') end as label,
        case when a.key is null then n.told_by else 'file' end as told_by
    from named n
    left join aliases a using (field, key)
    left join named t on t.field = a.field and t.key = a.target
),
kept as (
    insert into crm.text_labels as t (field, key, own_label, label, told_by, changed_at)
    select field, key, own_label, label, told_by, case
        when exists (
            select from spelled s
            where (s.field, s.key) = (w.field, w.key) and s.label <> w.label
                and s.landed_at <= (
                    select max(refreshed_at)
                    from analytics.mart_refreshes
                    where mart in ('lead_history', 'deal_history')
                )
        ) then clock_timestamp()
    end
    from wanted w
    where label is not null
    on conflict (field, key) do update
    set
        own_label = excluded.own_label,
        label = excluded.label,
        told_by = excluded.told_by,
        changed_at = case when t.label = excluded.label then t.changed_at else clock_timestamp() end
    where (t.own_label, t.label, t.told_by)
        is distinct from (excluded.own_label, excluded.label, excluded.told_by)
    returning 1
),
looked_at as (
    insert into crm.text_labels_until (module, landed_at)
    select module, landed_at
    from (
        select 'Leads' as module, max(synced_at) as landed_at from crm.leads_raw
        union all
        select 'Deals', max(synced_at) from crm.crm_deals
        union all
        select 'Contacts', max(synced_at) from crm.crm_contacts
        union all
        select 'Accounts', max(synced_at) from crm.crm_accounts
    ) landed
    where landed_at is not null
    on conflict (module) do update set landed_at = excluded.landed_at
    returning 1
)
select count(*) from kept
