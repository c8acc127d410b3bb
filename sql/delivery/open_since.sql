-- Since when an incident is open, if one is.

select opened_at from analytics.incidents where closed_at is null
