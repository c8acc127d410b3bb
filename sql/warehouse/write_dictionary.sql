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
insert into analytics.metric_dictionary (mart, name, label, unit, definition, owner, position)
select mart, name, label, unit, definition, owner, position
from files
on conflict (mart, name) do update
set label = excluded.label, unit = excluded.unit, definition = excluded.definition,
    owner = excluded.owner, position = excluded.position;
