-- grain: one row per mart that is in the database, those behind the data first
-- state: live is a view, which reads the records themselves; behind: a module was read completely
-- after the mart was refreshed; current else.

with read as (
    select max(finished_at) as finished_at
    from crm.sync_logs
    where status = 'success'
)
select
    m.mart,
    case
        when m.kind = 'view' then 'live'
        when m.refreshed_at < r.finished_at then 'behind'
        else 'current'
    end as state,
    m.refreshed_at at time zone o.timezone as refreshed_at,
    m.rows,
    obj_description(to_regclass('analytics.' || quote_ident(m.mart))) as what
from analytics.mart_refreshes m
cross join read r
cross join crm.organisation o
where to_regclass('analytics.' || quote_ident(m.mart)) is not null
order by m.kind = 'view' or m.refreshed_at >= r.finished_at, m.mart
