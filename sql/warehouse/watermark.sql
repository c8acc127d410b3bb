-- From when on records may be newer than a mart that was built with this fingerprint. Landings of
-- one module follow each other, so none that is still to come holds an earlier synced_at than one
-- that has been committed; the five minutes are for a clock that was set back.
select max(synced_at) - interval '5 minutes'
from {table}
where exists (
    select
    from analytics.mart_builds
    where mart = %(mart)s and fingerprint = %(fingerprint)s
)
