-- grain: one row per record of the module whose id is the text or, unless only the id is asked for,
-- whose name contains it
-- The name is the typed column where the table has one, else the first of Zoho's usual name fields.
-- It is looked for in the 20,000 records that changed last; where the module has the index of the search,
-- in all live ones too, by the beginnings of words. At most 50 records, the latest changed first; deleted
-- ones too.

with named as not materialized (
    select *, coalesce({name}, raw_data ->> 'Name', raw_data ->> 'Subject', id) as name
    from crm.{table}
),
latest as (
    select id, name
    from named
    order by modified_time desc
    limit 20000
),
found as (
    select id from crm.{table} where id = %(text)s
    union
    select id from latest where not %(id_only)s and strpos(lower(name), lower(%(text)s)) > 0
    union
    select unnest(crm.search({relation}, crm.search_parts(%(text)s, null)))
    where not %(id_only)s and exists (
        select
        from pg_index
        where indrelid = {relation}::regclass
        and pg_get_indexdef(indexrelid) like '%%crm.search_terms%%'
    )
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
join found using (id)
cross join crm.organisation o
order by n.modified_time desc nulls last, n.id
limit 50
