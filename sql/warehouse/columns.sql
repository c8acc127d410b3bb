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
