-- grain: one row per field of the record %(id)s that was changed, the latest first, at most 200
-- changed: when the CRM changed it, in the organisation's time zone. What changes by itself is left out,
-- and what reads the same before and after; of another one with the same name the end of the id tells.
-- is_told: not seen here but told by Zoho's own history, of the time before the record was first read:
-- by its timeline, and before that reaches by the stage tracker. data_type, currency: as in
-- record_fields.sql; the currency is that of now.

with contents as (
    select version, modified_time, raw_data
    from crm.record_versions
    where module = {module} and id = %(id)s
    union all
    select null, modified_time, raw_data
    from crm.{table}
    where id = %(id)s
),
said as (
    select
        modified_time,
        rank() over (order by version nulls last) as number,
        f.key as field,
        f.value,
        case jsonb_typeof(f.value)
            when 'object' then f.value ->> 'name'
            when 'boolean' then case when f.value = 'true' then 'Yes' else 'No' end
            else f.value #>> '{{}}'
        end as text,
        f.value ->> 'id' as named
    from contents
    cross join lateral jsonb_each(raw_data) f
),
seen as (
    select
        *,
        lag(value) over record as value_before,
        lag(text) over record as text_before,
        lag(named) over record as named_before
    from said
    window record as (partition by field order by number)
),
entries as (
    select h.*
    from crm.record_history h
    left join crm.record_history_reads r
        on (r.module, r.record_id, r.way) = (h.module, h.record_id, 'timeline')
    where h.module = {module} and h.record_id = %(id)s
        -- What was first read may be stamped some seconds before its entry.
        and h.audited_time <= (select min(modified_time) from contents) + interval '5 seconds'
        and (h.way = 'timeline' or coalesce(h.audited_time < r.reaches_back_to, true))
),
stays as (
    select
        audited_time,
        field,
        raw_data ->> field as stage,
        lag(raw_data ->> field) over record as stage_before,
        row_number() over record > 1 as is_change
    from entries
    join (values ('Stage'), ('Lead_Status')) t (field) on raw_data ? field
    where way = 'stage_tracker'
    window record as (partition by field order by audited_time, length(entry_id), entry_id)
),
changes as (
    select
        modified_time as at,
        field,
        concat(text_before, case when text = text_before then ' (…' || right(named_before, 5) || ')' end)
            as before,
        concat(text, case when text = text_before then ' (…' || right(named, 5) || ')' end) as after,
        false as is_told
    from seen
    where number > 1 and value is distinct from value_before
    union all
    select audited_time, f ->> 'api_name', f #>> '{{_value,old}}', f #>> '{{_value,new}}', true
    from entries
    cross join lateral jsonb_path_query(raw_data, 'lax $.field_history[*]') f
    where raw_data ->> 'action' is distinct from 'added'
    union all
    select audited_time, 'Owner', o #>> '{{old,name}}', o #>> '{{new,name}}', true
    from entries
    cross join lateral jsonb_path_query(raw_data, 'lax $.automation_details.owner') o
    where not jsonb_path_exists(raw_data, 'lax $.field_history[*] ? (@.api_name == "Owner")')
    union all
    select audited_time, field, stage_before, stage, true
    from stays
    where is_change
)
select
    c.at at time zone o.timezone as changed,
    coalesce(f.label, replace(c.field, '_', ' ')) as label,
    c.before,
    c.after,
    c.is_told,
    case
        when {module} = 'Deals' and c.field = 'Probability' then 'percent'
        else f.data_type
    end as data_type,
    (select r.raw_data ->> 'Currency' from crm.{table} r where r.id = %(id)s) as currency
from changes c
cross join crm.organisation o
left join crm.crm_fields f on f.module = {module} and f.api_name = c.field
where coalesce(c.before, '') <> coalesce(c.after, '')
    and left(c.field, 1) <> '$'
    and not c.field = any (crm.volatile_fields({module}))
order by c.at desc, c.is_told, label
limit 200
