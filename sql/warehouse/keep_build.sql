insert into analytics.mart_builds (mart, fingerprint)
values (%(mart)s, %(fingerprint)s)
on conflict (mart) do update set fingerprint = excluded.fingerprint
