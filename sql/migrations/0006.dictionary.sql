-- What each figure means, rewritten from the headers of sql/marts at every daily sync.
create table analytics.metric_dictionary (
    mart text not null,
    name text not null,
    label text not null,
    unit text not null check (unit in ('count', 'money', 'percent', 'days', 'number')),
    definition text not null,
    owner text not null,
    position integer not null,
    primary key (mart, name)
);
comment on table analytics.metric_dictionary is
    'One row per figure of a mart, as the header of its file defines it.';
comment on column analytics.metric_dictionary.mart is 'The table or view of schema analytics.';
comment on column analytics.metric_dictionary.name is 'The column of the mart.';
comment on column analytics.metric_dictionary.label is 'The name as a reader sees it.';
comment on column analytics.metric_dictionary.unit is
    'count, money in the organisation''s currency, percent (0 to 100), days or number.';
comment on column analytics.metric_dictionary.owner is 'Who answers for the definition.';
comment on column analytics.metric_dictionary.position is 'The order in the header, from 1.';
