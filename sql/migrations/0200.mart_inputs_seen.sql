-- What each mart was built from and what it held then, so that a run touches none of which both are
-- still the same.
alter table analytics.mart_builds
    alter column fingerprint drop not null,
    add column inputs text,
    add column seal text,
    add column contents text;
comment on table analytics.mart_builds is
    'What each mart was built from. Where that is something else now, it is built anew.';
comment on column analytics.mart_builds.fingerprint is
    'Of its SQL and the settings, for marts that follow changed records and those told by day.';
comment on column analytics.mart_builds.inputs is
    'Of all that it was built from: its file, tables, functions, days; null: not known.';
comment on column analytics.mart_builds.seal is
    'Of the rows that the build left: another one means that somebody else wrote to them.';
comment on column analytics.mart_builds.contents is
    'Of what the rows say: as long as it stays, nothing that reads the mart has to be built.';
