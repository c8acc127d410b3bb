-- A status or stage that the organisation adds to its list is no other definition of what was told.
alter table analytics.mart_builds add column meanings jsonb;
comment on column analytics.mart_builds.meanings is
    'of a mart with a row a day: what each status and stage meant when it was last built';
