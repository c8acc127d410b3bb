-- An empty schema for the measures, which only the owner and aha_reader may use. Bodies are not
-- looked at until they are called: they read marts that are still to be built.
drop schema if exists measures cascade;
create schema measures;
revoke all on schema measures from public;
grant usage on schema measures to aha_reader;
set local check_function_bodies = off;
