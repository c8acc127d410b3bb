-- Unknown is not zero: which figures nobody can know now, and why.

alter table crm.modules add is_configured boolean not null default true;
comment on column crm.modules.is_configured is
    'Whether the last sync was set to read it (ZOHO_MODULES).';

create table crm.unserved_fields (
    module text not null references crm.modules,
    api_name text not null,
    since timestamptz not null default now(),
    primary key (module, api_name)
);
comment on table crm.unserved_fields is
    'Fields that Zoho served and that are in none of its answers any more: rights lost, or renamed.';

create table analytics.mart_inputs (
    mart text not null,
    module text not null,
    fields text[] not null,
    figures text[],
    primary key (mart, module)
);
comment on table analytics.mart_inputs is
    'The modules that each mart stands on, directly or through other marts.';
comment on column analytics.mart_inputs.fields is 'API names of the fields that it reads of them.';
comment on column analytics.mart_inputs.figures is
    'The figures of the mart that stand on the module; null: all of them.';

create view analytics.unknown with (security_invoker = true) as
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
        module,
        api_name,
        'stopped',
        since,
        format('Zoho serves the field %s of %s no more.', api_name, module)
    from crm.unserved_fields
)
select i.mart, f.figure, m.state, m.module, m.field, m.since, m.reason
from modules m
join analytics.mart_inputs i
    on i.module = m.module and (m.field is null or m.field = any(i.fields))
cross join lateral unnest(
    case when m.state = 'not read' and i.figures is not null then i.figures else '{null}' end
) as f (figure);
comment on view analytics.unknown is
    'One row per mart, or figure of a mart, that cannot be known now, and cause. No row: known.';
comment on column analytics.unknown.figure is 'The column of the mart; null: all of the mart.';
comment on column analytics.unknown.state is
    'not read: the module is not read, and what the mart holds of it is no figure (not 0 either). '
    'stopped: the mart keeps what it held at `since`.';
comment on column analytics.unknown.field is 'The field that is missing; null: all of the module.';
comment on column analytics.unknown.since is
    'Up to when the figure was known; null where it never was.';
comment on column analytics.unknown.reason is 'Why, in one sentence.';

do $$ begin
    perform crm.protect('crm.unserved_fields');
    perform crm.protect('analytics.mart_inputs');
end $$;
