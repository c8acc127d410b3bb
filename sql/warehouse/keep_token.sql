-- Keep the token of a connection, and drop those that no other one has renewed for a day.
with old as (
    delete from aha_private.access_tokens
    where connection <> %(connection)s and kept_at < now() - interval '1 day'
)
insert into aha_private.access_tokens (connection, kept)
values (%(connection)s, %(kept)s)
on conflict (connection) do update
set kept = excluded.kept, kept_at = now();
