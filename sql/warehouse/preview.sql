-- A few of the window's newest records, for a person to look at; nothing that reaches a person.
with newest as (
    select id, effect
    from landed
    order by modified_time desc nulls last, id
    limit 5
)
select
    t.id,
    coalesce(t.raw_data ->> 'Deal_Name', t.raw_data ->> 'Account_Name', t.raw_data ->> 'Last_Name',
        t.raw_data ->> 'Name') as name,
    t.owner_name as owner,
    coalesce(t.raw_data ->> 'Stage', t.raw_data ->> 'Lead_Status', '') as status,
    t.modified_time at time zone %(timezone)s as modified,
    newest.effect
from newest
join crm.{table} t using (id)
order by t.modified_time desc nulls last, t.id;
