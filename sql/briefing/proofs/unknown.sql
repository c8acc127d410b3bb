-- Whether a module is known no further than that day; see glance.sql.

-- name: unknown_leads
select min(u.since at time zone o.timezone)::date = %(date)s
    and min(u.since) < (%(day)s::date + 1)::timestamp at time zone min(o.timezone)
    and bool_and(u.since is not null)
from analytics.unknown u
cross join crm.organisation o
where u.mart = 'kpis' and u.module = 'Leads'

-- name: unread_leads
select count(*) > 0 and %(date)s is null
from analytics.unknown
where mart = 'kpis' and module = 'Leads' and since is null

-- name: unknown_deals
select min(u.since at time zone o.timezone)::date = %(date)s
    and min(u.since) < (%(day)s::date + 1)::timestamp at time zone min(o.timezone)
    and bool_and(u.since is not null)
from analytics.unknown u
cross join crm.organisation o
where u.mart = 'kpis' and u.module = 'Deals'

-- name: unread_deals
select count(*) > 0 and %(date)s is null
from analytics.unknown
where mart = 'kpis' and module = 'Deals' and since is null
