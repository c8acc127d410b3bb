-- grain: one row per record of the module whose id is the text or, unless only the id is asked for,
-- whose name contains it
-- The name is the typed column where the table has one, else the first of Zoho's usual name fields.
-- At most 50 records, the latest changed first; deleted ones too.

with named as (
    select
        r.*,
        coalesce({name}, raw_data ->> 'Name', raw_data ->> 'Subject', r.id) as name
    from crm.{table} r
)
select
    {module} as module,
    n.id,
    n.name,
    n.owner_name,
    n.modified_time at time zone o.timezone as modified,
    n.deleted_at at time zone o.timezone as deleted,
    n.synced_at at time zone o.timezone as synced,
    n.raw_data
from named n
cross join crm.organisation o
where n.id = %(text)s or (not %(id_only)s and strpos(lower(n.name), lower(%(text)s)) > 0)
order by n.modified_time desc nulls last, n.id
limit 50
