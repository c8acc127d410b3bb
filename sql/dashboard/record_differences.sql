-- grain: one row per field that differs between two contents of the record %(id)s
-- The contents are numbered as in record_contents. changed: when the CRM last changed the field
-- between the two. is_volatile: the field changes by itself, without an edit. Empty: the CRM sent
-- null; absent: it did not send the field.

with contents as (
    select version, modified_time, raw_data
    from crm.record_versions
    where module = {module} and id = %(id)s
    union all
    select null, modified_time, raw_data
    from crm.{table}
    where id = %(id)s
),
numbered as (
    select *, row_number() over (order by version nulls last) as number
    from contents
),
chosen as (
    select *
    from numbered
    where number between least(%(before)s, %(after)s) and greatest(%(before)s, %(after)s)
),
keys as (
    select distinct jsonb_object_keys(raw_data) as key
    from chosen
    where number in (%(before)s, %(after)s)
),
steps as (
    select
        k.key,
        c.number,
        c.modified_time,
        c.raw_data -> k.key as value,
        lag(c.raw_data -> k.key) over field as value_before,
        row_number() over field as step
    from chosen c
    cross join keys k
    window field as (partition by k.key order by c.number)
),
compared as (
    select
        key,
        max(modified_time) filter (where step > 1 and value is distinct from value_before) as changed,
        jsonb_agg(value) filter (where number = %(before)s) -> 0 as before,
        jsonb_agg(value) filter (where number = %(after)s) -> 0 as after,
        bool_or(value is null) filter (where number = %(before)s) as is_absent_before,
        bool_or(value is null) filter (where number = %(after)s) as is_absent_after
    from steps
    group by key
),
printed as (
    select
        *,
        case
            when is_absent_before then '(absent)'
            when jsonb_typeof(before) = 'null' then '(empty)'
            when jsonb_typeof(before) = 'object' and before ? 'name'
                then concat_ws(' · ', before ->> 'name', before ->> 'id')
            else before #>> '{{}}'
        end as before_text,
        case
            when is_absent_after then '(absent)'
            when jsonb_typeof(after) = 'null' then '(empty)'
            when jsonb_typeof(after) = 'object' and after ? 'name'
                then concat_ws(' · ', after ->> 'name', after ->> 'id')
            else after #>> '{{}}'
        end as after_text
    from compared
    where before is distinct from after or is_absent_before <> is_absent_after
)
select
    p.key as field,
    coalesce(f.label, p.key) as label,
    p.before_text as before,
    p.after_text as after,
    p.changed at time zone o.timezone as changed,
    p.key = any (crm.volatile_fields({module})) as is_volatile
from printed p
cross join crm.organisation o
left join crm.crm_fields f on f.module = {module} and f.api_name = p.key
order by is_volatile, label
