-- What each mart is made of: modules and fields, from the tables and columns that its SQL names.

-- name: write
-- A column of a module's table stands for the fields in the expression that generates it.
with inputs as (
    select i.mart, m.module, m.table_name, i.columns, i.keys
    from jsonb_to_recordset(%(inputs)s::jsonb) as i (
        mart text, source text, columns text[], keys text[]
    )
    join crm.modules m on i.source = 'crm.' || m.table_name
),
generated as (
    select m.module, a.attname, field[1] as field
    from (select distinct module, table_name from inputs) m
    join pg_attribute a on a.attrelid = to_regclass(format('crm.%%I', m.table_name))
    join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated <> ''
    cross join lateral regexp_matches(
        pg_get_expr(d.adbin, d.adrelid), '''\{?([A-Z]\w*)', 'g'
    ) as field
),
fields as (
    select i.mart, i.module, g.field
    from inputs i
    join generated g on g.module = i.module and g.attname = any(i.columns)
    union
    select mart, module, unnest(keys)
    from inputs
),
read as (
    select i.mart, i.module, coalesce(array_agg(f.field order by f.field)
        filter (where f.field is not null), '{}') as fields
    from inputs i
    left join fields f using (mart, module)
    group by i.mart, i.module
),
figures as (
    select mart, name, module, count(module) over (partition by mart) > 0 as are_apart
    from jsonb_to_recordset(%(figures)s::jsonb) as f (mart text, name text, module text)
),
cleared as (
    delete from analytics.mart_inputs known
    where not exists (
        select from read r where (r.mart, r.module) = (known.mart, known.module)
    )
)
insert into analytics.mart_inputs as i (mart, module, fields, figures)
select
    r.mart,
    r.module,
    r.fields,
    (
        select array_agg(f.name order by f.name)
        from figures f
        where f.mart = r.mart and f.are_apart and coalesce(f.module, r.module) = r.module
    )
from read r
on conflict (mart, module) do update
set fields = excluded.fields, figures = excluded.figures
where i is distinct from excluded;

-- name: unserved
-- One sentence per field behind the columns or keys that Zoho no longer serves.
select distinct format(
    'Zoho serves the field %%s of %%s no more since %%s: give its user the right to see it again; '
    'until then the values that are here are kept, and this figure stays as it was.',
    u.api_name, u.module, to_char(u.since, 'YYYY-MM-DD')
)
from jsonb_to_recordset(%(inputs)s::jsonb) as i (source text, columns text[], keys text[])
join crm.modules m on i.source = 'crm.' || m.table_name
join crm.unserved_fields u using (module)
where u.api_name = any(i.keys)
or exists (
    select
    from pg_attribute a
    join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated <> ''
    where a.attrelid = to_regclass(format('crm.%%I', m.table_name))
    and a.attname = any(i.columns)
    and pg_get_expr(d.adbin, d.adrelid) ~ ('''\{?' || u.api_name || '[,}'']')
)
order by 1
