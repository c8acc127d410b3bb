-- The keys of a mart that more than one row has; a unique index lets nulls be doubled.
select 'rows of key ' || row({key})::text as rule, 1 as expected, count(*) as found
from analytics.{mart}
group by {key}
having count(*) > 1
