-- Bring the module's fields up to date; one row per field that is new or has vanished since the
-- last look. The first look at a module finds nothing new.
with told as (
    select field ->> 'api_name' as api_name, field
    from jsonb_array_elements(%(fields)s::jsonb) as field
),
known as (
    select api_name, vanished_at
    from crm.crm_fields
    where module = %(module)s
),
kept as (
    insert into crm.crm_fields
        (module, api_name, label, data_type, is_custom, picklist, raw_data)
    select distinct on (api_name)
        %(module)s,
        api_name,
        coalesce(field ->> 'display_label', field ->> 'field_label'),
        field ->> 'data_type',
        coalesce(field -> 'custom_field' = 'true'::jsonb, false),
        case jsonb_typeof(field -> 'pick_list_values')
            when 'array' then field -> 'pick_list_values' else '[]' end,
        field
    from told
    on conflict (module, api_name) do update
    set label = excluded.label, data_type = excluded.data_type, is_custom = excluded.is_custom,
        picklist = excluded.picklist, raw_data = excluded.raw_data, last_seen = now(),
        vanished_at = null
),
vanished as (
    update crm.crm_fields f
    set vanished_at = now()
    where f.module = %(module)s
    and f.vanished_at is null
    and not exists (select from told where told.api_name = f.api_name)
    returning f.api_name
)
select told.api_name, 'new' as change
from told
left join known using (api_name)
where (known.api_name is null or known.vanished_at is not null)
and exists (select from known)
union
select api_name, 'vanished'
from vanished
order by 2, 1;
