-- Note that a mart was brought up to date now.
insert into analytics.mart_refreshes (mart, kind, rows)
values (%(mart)s, %(kind)s, %(rows)s)
on conflict (mart) do update
set kind = excluded.kind, rows = excluded.rows, refreshed_at = excluded.refreshed_at
