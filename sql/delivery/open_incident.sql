-- Opens an incident. Returns its id, or nothing where it was seen before or one is open.

insert into analytics.incidents (key, day, kind, cause, remedy, opened_at)
values (%(key)s, %(day)s, %(kind)s, %(cause)s, %(remedy)s, %(opened_at)s)
on conflict do nothing
returning id
