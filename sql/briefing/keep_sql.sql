-- Keeps the text of SQL files, a JSON array, once for each digest.

insert into analytics.sql_texts (digest, path, sql)
select digest, path, sql
from jsonb_to_recordset(%(files)s) f (digest text, path text, sql text)
on conflict (digest) do nothing
