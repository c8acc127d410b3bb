-- What viewers of the dashboard ask to erase. It can only ask: who may is a setting of the pipeline,
-- which carries it out.

create table crm.erasure_requests (
    id bigint generated always as identity primary key,
    asked_by text not null,
    basis text not null check (basis in ('request', 'crm')),
    modules text[] not null,
    ids text[] not null check (cardinality(ids) = cardinality(modules) and cardinality(ids) > 0),
    subject_digest text,
    asked_at timestamptz not null default now(),
    erasure bigint references crm.erasures
);
comment on table crm.erasure_requests is
    'One row per erasure that somebody asked for in the dashboard, with the records shown to them.';
comment on column crm.erasure_requests.asked_by is 'The address with which they had logged in.';
comment on column crm.erasure_requests.erasure is 'What came of it; null until it is begun.';

do $$ begin perform crm.protect('crm.erasure_requests'); end $$;

grant insert (asked_by, basis, modules, ids, subject_digest) on crm.erasure_requests to aha_reader;
create policy asker on crm.erasure_requests for insert to aha_reader with check (true);
