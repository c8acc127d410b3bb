-- What a viewer of the dashboard put aside in the work list, until when. The one table into which
-- the dashboard writes, with the reader's role: a mark is of no use to anything but that list.

create table analytics.work_list_marks (
    viewer text not null,
    module text not null,
    record_id text not null,
    mark text not null check (mark in ('done', 'snoozed')),
    marked_at timestamptz not null default now(),
    hidden_until timestamptz not null,
    primary key (viewer, module, record_id)
);

comment on table analytics.work_list_marks is
    'One row per viewer and record that the viewer marked as done or snoozed in the work list.';

do $$ begin perform crm.protect('analytics.work_list_marks'); end $$;

grant insert, update on analytics.work_list_marks to aha_reader;
create policy marker on analytics.work_list_marks for all to aha_reader
    using (true) with check (hidden_until <= now() + interval '8 days');
