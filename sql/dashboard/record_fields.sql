-- grain: one row per field of the record %(id)s that holds something, by group and label
-- groups and labels: from the field metadata; a lookup is shown by its name. Fields that change by
-- themselves and Zoho's own, which begin with a $, are left out. currency: that of the record's amounts,
-- null: the home currency. Zoho calls a probability an integer, though it is in per cent.

with fields as (
    select
        case
            when f.data_type in ('phone', 'email', 'website') then 'Contact'
            when f.data_type in ('currency', 'double', 'integer', 'percent', 'bigint') then 'Figures'
            when f.data_type in ('date', 'datetime') then 'Dates'
            when f.data_type in ('lookup', 'ownerlookup', 'userlookup') then 'Belongs to'
            when f.data_type is null then 'Other'
            else 'Details'
        end as part,
        coalesce(f.label, replace(v.key, '_', ' ')) as label,
        case jsonb_typeof(v.value)
            when 'object' then v.value ->> 'name'
            when 'boolean' then case when v.value = 'true' then 'Yes' else 'No' end
            else v.value #>> '{{}}'
        end as value,
        case
            when {module} = 'Deals' and v.key = 'Probability' then 'percent'
            else f.data_type
        end as data_type,
        r.raw_data ->> 'Currency' as currency
    from crm.{table} r
    cross join lateral jsonb_each(r.raw_data) v
    left join crm.crm_fields f on f.module = {module} and f.api_name = v.key
    where r.id = %(id)s
        and jsonb_typeof(v.value) <> 'null'
        and left(v.key, 1) <> '$'
        and not v.key = any (crm.volatile_fields({module}))
        and v.value not in ('""', '[]', '{{}}')
        and (jsonb_typeof(v.value) <> 'object' or v.value ? 'name')
)
select part, label, value, data_type, currency
from fields
order by array_position(array['Contact', 'Details', 'Figures', 'Dates', 'Belongs to'], part), label
