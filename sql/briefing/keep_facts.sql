-- Replaces the facts of a day by the given ones, a JSON array.

with removed as (
    delete from analytics.facts
    where day = %(day)s and id <> all (select f ->> 'id' from jsonb_array_elements(%(facts)s) f)
)
insert into analytics.facts (
    day, id, kind, stance, subject, first_day, figures, records, weight
)
select %(day)s, id, kind, stance, subject, first_day, figures,
    array(select jsonb_array_elements_text(records)), weight
from jsonb_to_recordset(%(facts)s) f (
    id text, kind text, stance text, subject text, first_day date, figures jsonb, records jsonb,
    weight numeric
)
on conflict (day, id) do update set
    first_day = excluded.first_day,
    figures = excluded.figures,
    records = excluded.records,
    weight = excluded.weight
