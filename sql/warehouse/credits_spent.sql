-- As take_credits counts: an hour's credits stand until a day after its end.
select coalesce(sum(spent), 0)::bigint
from crm.api_credits
where hour > now() - interval '25 hours'
