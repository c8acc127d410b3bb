-- Replaces the facts of a day by the given ones, a JSON array.

with removed as (
    delete from analytics.facts where day = %(day)s
    and id <> all (select f ->> 'id' from jsonb_array_elements(%(facts)s) f)
)
insert into analytics.facts as old (
    day, position, id, section, label, value, unit, previous, comparison, name, mart, text,
    previous_text, direction, better, extreme
)
select
    %(day)s, position, id, section, label, value, unit, previous, comparison, name, mart, text,
    previous_text, direction, better, extreme
from jsonb_to_recordset(%(facts)s) f (
    position int, id text, section text, label text, value numeric, unit text, previous numeric,
    comparison text, name text, mart text, text text, previous_text text, direction text,
    better text, extreme text
)
on conflict (day, id) do update set
    position = excluded.position,
    section = excluded.section,
    label = excluded.label,
    value = excluded.value,
    unit = excluded.unit,
    previous = excluded.previous,
    comparison = excluded.comparison,
    name = excluded.name,
    mart = excluded.mart,
    text = excluded.text,
    previous_text = excluded.previous_text,
    direction = excluded.direction,
    better = excluded.better,
    extreme = excluded.extreme
