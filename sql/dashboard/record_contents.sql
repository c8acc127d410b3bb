-- grain: one row per content that the record %(id)s had, the present one last
-- number: from 1, the oldest content that is kept; the latest 100 are given. held_from: when the CRM
-- changed the record to this content; held_until: null for the present one.

with contents as (
    select version, modified_time, replaced_by, raw_data
    from crm.record_versions
    where module = {module} and id = %(id)s
    union all
    select null, modified_time, null, raw_data
    from crm.{table}
    where id = %(id)s
),
numbered as (
    select *, row_number() over (order by version nulls last) as number, count(*) over () as contents
    from contents
)
select
    n.number,
    n.version is null as is_present,
    n.modified_time at time zone o.timezone as held_from,
    n.replaced_by at time zone o.timezone as held_until,
    n.raw_data
from numbered n
cross join crm.organisation o
where n.number > n.contents - 100
order by n.number
