-- Closes the incident of statements that were held back.

update analytics.incidents
set closed_at = %(at)s
where kind = 'untrue' and closed_at is null
