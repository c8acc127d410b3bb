-- grain: one row per erasure that was asked for or carried out, the latest first
-- modules, ids: the records of one that is still waiting, else null. begun_at: null while it waits.

select
    e.id,
    coalesce(e.basis, r.basis) as basis,
    r.asked_by,
    r.asked_at,
    e.begun_at,
    e.suppressed_at,
    e.purged_at,
    coalesce(f.records, cardinality(r.ids)) as records,
    case when e.id is null then r.modules end as modules,
    case when e.id is null then r.ids end as ids
from crm.erasure_requests r
full join crm.erasures e on e.id = r.erasure
left join lateral (
    select count(*) as records from crm.forgotten g where g.erasure = e.id
) f on e.id is not null
order by coalesce(r.asked_at, e.begun_at) desc
limit 200
