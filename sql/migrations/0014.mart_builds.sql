-- What a mart that follows its records was built with: as soon as that is something else, all of it
-- is built anew.
create table analytics.mart_builds (
    mart text primary key,
    fingerprint text not null
);
