-- grain: one row per field of the record %(id)s that was changed, the latest first, at most 200
-- day: when the CRM changed it, in the organisation's time zone. What changes by itself is left out.

with contents as (
    select version, modified_time, raw_data
    from crm.record_versions
    where module = {module} and id = %(id)s
    union all
    select null, modified_time, raw_data
    from crm.{table}
    where id = %(id)s
),
steps as (
    select
        modified_time,
        raw_data,
        lag(raw_data) over (order by version nulls last) as raw_data_before
    from contents
)
select
    s.modified_time at time zone o.timezone as changed,
    coalesce(f.label, replace(v.key, '_', ' ')) as label,
    case jsonb_typeof(s.raw_data_before -> v.key)
        when 'object' then s.raw_data_before -> v.key ->> 'name'
        when 'boolean' then case when s.raw_data_before -> v.key = 'true' then 'Yes' else 'No' end
        else s.raw_data_before ->> v.key
    end as before,
    case jsonb_typeof(v.value)
        when 'object' then v.value ->> 'name'
        when 'boolean' then case when v.value = 'true' then 'Yes' else 'No' end
        else v.value #>> '{{}}'
    end as after
from steps s
cross join crm.organisation o
cross join lateral jsonb_each(s.raw_data) v
left join crm.crm_fields f on f.module = {module} and f.api_name = v.key
where s.raw_data_before is not null
    and v.value is distinct from s.raw_data_before -> v.key
    and left(v.key, 1) <> '$'
    and not v.key = any (crm.volatile_fields({module}))
order by s.modified_time desc, label
limit 200
