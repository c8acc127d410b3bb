-- The statements of incidents: a sync that failed or is late, or statements that were held back.

-- name: open
-- Opens an incident. Returns its id, or nothing where it was seen before or one is open.

insert into analytics.incidents (key, day, kind, cause, remedy, opened_at)
values (%(key)s, %(day)s, %(kind)s, %(cause)s, %(remedy)s, %(opened_at)s)
on conflict do nothing
returning id

-- name: open_since
-- Since when a sync that failed or is late is told, if one is.

select opened_at from analytics.incidents where kind <> 'untrue' and closed_at is null

-- name: close
-- Closes the incident that was open when a sync succeeded.

update analytics.incidents
set closed_at = %(recovered_at)s
where kind <> 'untrue' and closed_at is null and opened_at <= %(recovered_at)s
returning id

-- name: close_untrue
-- Closes the incident of statements that were held back.

update analytics.incidents
set closed_at = %(at)s
where kind = 'untrue' and closed_at is null
