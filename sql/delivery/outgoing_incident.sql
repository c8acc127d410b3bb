-- What is told of an incident.

select i.day, i.kind, i.cause, i.remedy, coalesce(o.is_sandbox, false) as is_sandbox
from analytics.incidents i
left join crm.organisation o on true
where i.id = %(id)s
