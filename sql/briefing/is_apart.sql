-- Whether what tells a deal apart from its namesakes is its own: the day on which it was created, or
-- the end of its id.

select %(apart)s in (
    ((r.raw_data ->> 'Created_Time')::timestamptz at time zone o.timezone)::date::text,
    right(r.id, 5)
)
from crm.crm_deals r
cross join crm.organisation o
where r.id = %(id)s
