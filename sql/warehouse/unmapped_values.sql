-- One row per status or stage that living records carry and that nobody has given a meaning;
-- empty ones are open by definition.
with carried as (
    select 'Leads' as module, 'Lead_Status' as field, lead_status as value, count(*) as records
    from crm.leads_raw
    where deleted_at is null
    group by lead_status
    union all
    select 'Deals', 'Stage', stage, count(*)
    from crm.crm_deals
    where deleted_at is null
    group by stage
),
labelled as (
    select
        c.module,
        coalesce(l.label, crm.label_or_none(c.value)) as value,
        sum(c.records)::bigint as records
    from carried c
    left join crm.text_labels l on l.field = c.field and l.key = crm.text_key(c.value)
    group by 1, 2
)
select module, value, c.records
from labelled c
left join crm.picklist_meaning m using (module, value)
where value <> '(none)' and m.meaning is null
order by c.records desc, module, value
