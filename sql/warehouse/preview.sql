-- A few of the window's newest records, for a person to look at; nothing that reaches a person.
select
    id,
    coalesce(raw_data ->> 'Deal_Name', raw_data ->> 'Account_Name', raw_data ->> 'Last_Name',
        raw_data ->> 'Name') as name,
    raw_data #>> '{{Owner,name}}' as owner,
    coalesce(raw_data ->> 'Stage', raw_data ->> 'Lead_Status', '') as status,
    modified_time at time zone %(timezone)s as modified,
    effect
from incoming
order by modified_time desc nulls last, id
limit 5;
