-- One row per status or stage that living records carry and that nobody has given a meaning;
-- empty ones are open by definition.
with carried as (
    select 'Leads' as module, lead_status as value
    from crm.leads_raw
    where deleted_at is null
    union all
    select 'Deals', stage
    from crm.crm_deals
    where deleted_at is null
)
select module, value, count(*) as records
from carried
left join crm.picklist_meaning m using (module, value)
where trim(value) <> '' and m.meaning is null
group by module, value
order by records desc, module, value
