-- Facts as whole statements, what was told as a ledger, texts by language, and what a model was
-- measured to do.

-- Facts are computed anew for any day; those of old briefings stay in their log.
drop table analytics.facts;
create table analytics.facts (
    day date not null,
    id text not null,
    kind text not null,
    stance text not null,
    subject text not null,
    first_day date not null,
    figures jsonb not null,
    records text[] not null,
    weight numeric not null,
    primary key (day, id)
);
comment on table analytics.facts is
    'One row per true statement of a day: a file of sql/briefing/facts found it.';
comment on column analytics.facts.stance is 'What the statement claims; briefing/catalogue.toml.';
comment on column analytics.facts.subject is 'The deal, owner, source or reason; empty for none.';
comment on column analytics.facts.first_day is
    'Since when it holds, or the first day that it compares; the last is the day.';
comment on column analytics.facts.figures is 'The values that its sentence prints, exact.';
comment on column analytics.facts.records is 'The ids of the deals that it counts or names.';
comment on column analytics.facts.weight is 'The money at stake, in the home currency; ranks it.';

alter table analytics.ai_briefings_log
    drop column proof,
    add column messages jsonb not null default '{}';
comment on column analytics.ai_briefings_log.messages is
    'By language: title, headline, text (the message), report. whatsapp_summary and '
    'dashboard_report are those of the default language.';

create table analytics.briefing_items (
    briefing_id bigint not null references analytics.ai_briefings_log on delete cascade,
    position integer not null,
    day date not null,
    fact text not null,
    kind text not null,
    stance text not null,
    subject text not null,
    figures jsonb not null,
    first_day date not null,
    records text[] not null,
    advice text,
    link text,
    phrase integer not null,
    chosen_by text not null check (chosen_by in ('ranking', 'model')),
    in_message boolean not null,
    advised boolean not null,
    sentence text not null,
    why text,
    sql_digest text not null,
    primary key (briefing_id, position)
);
create index on analytics.briefing_items (day, stance);
comment on table analytics.briefing_items is
    'What each briefing told, in its order. It decides what is news on the days after.';
comment on column analytics.briefing_items.advised is
    'Whether the message gave its advice: the days after ask what became of it.';
comment on column analytics.briefing_items.sql_digest is
    'Of analytics.sql_texts: the SQL that found it, as it was then.';
comment on column analytics.briefing_items.why is 'The sentence of what is behind it; null for none.';

create table analytics.model_measurements (
    model text primary key,
    hits integer not null,
    asked integer not null check (asked > 0),
    measured_at timestamptz not null default now()
);
comment on table analytics.model_measurements is
    'How often a model chose a planted glaring fact first; what it may choose rests on it.';

do $$
begin
    perform crm.protect(format('analytics.%I', name)::regclass)
    from unnest(array['facts', 'briefing_items', 'model_measurements']) name;
end $$;
