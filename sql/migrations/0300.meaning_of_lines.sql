-- What each line of a briefing claims, in a sentence, for whoever asks.

alter table analytics.briefing_items add column means text;
comment on column analytics.briefing_items.means is
    'What its stance means, as it was defined then; null for lines written before this was kept.';
