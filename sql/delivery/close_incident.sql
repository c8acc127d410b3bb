-- Closes the incident that was open when a sync succeeded.

update analytics.incidents
set closed_at = %(recovered_at)s
where kind <> 'untrue' and closed_at is null and opened_at <= %(recovered_at)s
returning id
