-- Keeps when a reader last wrote.

insert into analytics.whatsapp_readers as r (recipient, wrote_at)
values (%(recipient)s, %(wrote_at)s)
on conflict (recipient) do update set wrote_at = greatest(r.wrote_at, excluded.wrote_at)
returning wrote_at
