-- Whether a module is known no further than that day, or not at all; see glance.sql.

-- name: unknown_leads, unknown_deals
select min(u.since at time zone o.timezone)::date = %(date)s
    and min(u.since) < (%(day)s::date + 1)::timestamp at time zone min(o.timezone)
    and bool_and(u.since is not null)
from analytics.unknown u
cross join crm.organisation o
where u.mart = 'kpis' and 'unknown_' || lower(u.module) = %(stance)s

-- name: unread_leads, unread_deals
select count(*) > 0 and %(date)s is null
from analytics.unknown
where mart = 'kpis' and 'unread_' || lower(module) = %(stance)s and since is null
