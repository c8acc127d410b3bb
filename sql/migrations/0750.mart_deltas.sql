-- What an incremental mart has taken in, so that the next changes alone are added to it.
alter table analytics.mart_builds
    add column contents_before text,
    add column steady text,
    add column followed jsonb;
comment on column analytics.mart_builds.contents_before is
    'Of a history: what it said before the changes in its table __delta; null: it was made anew.';
comment on column analytics.mart_builds.steady is
    'Of a mart that follows histories: all else that it was built from.';
comment on column analytics.mart_builds.followed is
    'The histories whose changes it holds: for each, the contents up to which it has them.';
-- Histories get their indexes, and the marts over them their keys, when they are made anew.
update analytics.mart_builds set fingerprint = '' where fingerprint is not null
    and mart in ('lead_history', 'deal_history');
