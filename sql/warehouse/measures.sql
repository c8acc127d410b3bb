-- The schema of the measures: of which texts it was made, and how it is emptied.

-- name: fingerprint
-- One row where the schema of the measures exists: of which texts they were made.
select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'measures'

-- name: clear
-- An empty schema for the measures, which only the owner and aha_reader may use. Bodies are not
-- looked at until they are called: they read marts that are still to be built.
drop schema if exists measures cascade;
create schema measures;
revoke all on schema measures from public;
grant usage on schema measures to aha_reader;
set local check_function_bodies = off;
