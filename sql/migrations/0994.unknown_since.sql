-- What stands on a lost field is known up to the last read that had it, not up to the one that missed it.
create or replace view analytics.unknown with (security_invoker = true) as
with ended as (
    select distinct on (module) module, status, error
    from crm.sync_logs
    where status <> 'running'
    order by module, started_at desc
),
complete as (
    select module, max(finished_at) as finished_at
    from crm.sync_logs
    where status = 'success'
    group by module
),
modules as (
    select
        m.module,
        null::text as field,
        case when m.is_configured and c.module is not null then 'stopped' else 'not read' end
            as state,
        c.finished_at as since,
        case
            when not m.is_configured then m.module || ' is not among the modules that are read.'
            else coalesce(e.error, m.module || ' has not been read yet.')
        end as reason
    from crm.modules m
    left join ended e using (module)
    left join complete c using (module)
    where not m.is_configured or c.module is null or e.status <> 'success'
    union all
    select
        f.module,
        f.api_name,
        'stopped',
        (
            select max(l.finished_at)
            from crm.sync_logs l
            where l.module = f.module and l.status = 'success' and l.finished_at < f.since
        ),
        format('Zoho serves the field %s of %s no more.', f.api_name, f.module)
    from crm.unserved_fields f
)
select i.mart, f.figure, m.state, m.module, m.field, m.since, m.reason
from modules m
join analytics.mart_inputs i
    on i.module = m.module and (m.field is null or m.field = any(i.fields))
cross join lateral unnest(
    case when m.state = 'not read' and i.figures is not null then i.figures else '{null}' end
) as f (figure);
