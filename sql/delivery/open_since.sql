-- Since when a sync that failed or is late is told, if one is.

select opened_at from analytics.incidents where kind <> 'untrue' and closed_at is null
