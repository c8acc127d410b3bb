-- Each figure of a briefing with its fact, its mart and the SQL as it was when it was printed.

alter table analytics.facts
    drop constraint facts_section_check,
    add constraint facts_section_check check (section in (
        'day', 'funnel', 'sources', 'reps', 'pipeline', 'changes', 'causes')),
    add column extreme text check (extreme in ('highest', 'lowest'));
comment on column analytics.facts.extreme is
    'Whether the figure is the highest or the lowest of its kind, such as of all sources.';

create table analytics.sql_texts (
    digest text primary key,
    path text not null,
    sql text not null
);
comment on table analytics.sql_texts is
    'SQL files as they were when a briefing printed figures from them. digest: SHA-256.';

alter table analytics.ai_briefings_log add column proof jsonb;
comment on column analytics.ai_briefings_log.proof is
    'figures: each figure in the order of the texts, with its fact and mart; sql: path to digest.';
