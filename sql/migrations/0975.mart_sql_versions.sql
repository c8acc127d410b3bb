-- Rows are written to the table of a mart as it is where the same SQL would make the same table anew.
alter table analytics.mart_builds add column sql_version text;
comment on column analytics.mart_builds.sql_version is
    'Of all SQL on which the columns, indexes and comments of its table depend, when it was last built.';
