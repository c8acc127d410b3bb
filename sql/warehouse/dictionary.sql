-- Columns of the database, and the metric dictionary.

-- name: columns
-- The columns of tables and views, with their type and what is said of them: the comment, or the
-- expression that makes a generated column.
select
    relation,
    a.attname as name,
    format_type(a.atttypid, a.atttypmod) as type,
    coalesce(
        col_description(a.attrelid, a.attnum),
        'From `' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::text(\[\])?', '', 'g') || '`'
    ) as description
from unnest(%(relations)s::text[]) as relation
join pg_attribute a on a.attrelid = to_regclass(relation)
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated <> ''
where a.attnum > 0 and not a.attisdropped
order by relation, a.attnum;

-- name: write_dictionary
-- Bring the metric dictionary up to date with the figures of the mart files.
with files as (
    select *
    from jsonb_to_recordset(%(figures)s::jsonb) as f (
        mart text, name text, label text, unit text, definition text, owner text, position integer
    )
),
gone as (
    delete from analytics.metric_dictionary d
    where not exists (select from files f where f.mart = d.mart and f.name = d.name)
)
insert into analytics.metric_dictionary as d
    (mart, name, label, unit, definition, owner, position)
select mart, name, label, unit, definition, owner, position
from files
on conflict (mart, name) do update
set label = excluded.label, unit = excluded.unit, definition = excluded.definition,
    owner = excluded.owner, position = excluded.position
-- What is as it was is not written again, run for run.
where d is distinct from excluded;
