-- A few of the window's newest records, for an engineer to look at. Nothing personal: this goes to
-- Dagster's event log, which nobody can take a name out of again.
with newest as (
    select id, effect
    from landed
    order by modified_time desc nulls last, id
    limit 5
)
select
    t.id,
    coalesce(t.raw_data ->> 'Stage', t.raw_data ->> 'Lead_Status', '') as status,
    t.modified_time at time zone %(timezone)s as modified,
    newest.effect
from newest
join crm.{table} t using (id)
order by t.modified_time desc nulls last, t.id;
