#!/bin/sh
# Run once by PostgreSQL's image, on an empty volume: the dashboard's login, which may only read.
# Where the database is older: give the two statements by hand, with a password of your own.
set -eu
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -v password="$DASHBOARD_PASSWORD" \
    -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
select 'create role aha_reader nologin'
where not exists (select from pg_roles where rolname = 'aha_reader') \gexec
create role aha_dashboard login password :'password' in role aha_reader;
SQL
