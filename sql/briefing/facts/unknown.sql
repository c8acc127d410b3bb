-- stances: unknown_leads, unknown_deals, unread_leads, unread_deals
-- Leads or deals of which the day is not known: nothing else is said of them.

select
    case when u.since is null then 'unread_' else 'unknown_' end || lower(u.module) as stance,
    '' as subject,
    coalesce((u.since at time zone o.timezone)::date, %(day)s) as first_day,
    0::numeric as weight,
    (u.since at time zone o.timezone)::date as date
from analytics.unknown_modules(%(day)s) u
cross join crm.organisation o
