-- grain: one row per record of the module whose id is the text or whose name contains it
-- The name is the first of Zoho's usual name fields that the record has. At most 50 records, the
-- latest changed first; deleted ones too.

with named as (
    select
        r.*,
        coalesce(
            nullif(raw_data ->> 'Full_Name', ''),
            nullif(trim(concat_ws(' ', raw_data ->> 'First_Name', raw_data ->> 'Last_Name')), ''),
            raw_data ->> 'Deal_Name',
            raw_data ->> 'Account_Name',
            raw_data ->> 'Name',
            raw_data ->> 'Subject',
            r.id
        ) as name
    from crm.{table} r
)
select
    n.id,
    n.name,
    n.owner_name,
    n.created_time at time zone o.timezone as created,
    n.modified_time at time zone o.timezone as modified,
    n.deleted_at at time zone o.timezone as deleted,
    n.synced_at at time zone o.timezone as synced,
    n.raw_data
from named n
cross join crm.organisation o
where n.id = %(text)s or strpos(lower(n.name), lower(%(text)s)) > 0
order by n.modified_time desc nulls last, n.id
limit 50
