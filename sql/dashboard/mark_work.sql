-- Puts a record of the work list aside until the next day begins for the organisation.
set local role aha_reader;

insert into analytics.work_list_marks (viewer, module, record_id, mark, hidden_until)
select
    %(viewer)s,
    %(module)s,
    %(id)s,
    %(mark)s,
    ((now() at time zone timezone)::date + 1)::timestamp at time zone timezone
from crm.organisation
on conflict (viewer, module, record_id) do update
set mark = excluded.mark, marked_at = now(), hidden_until = excluded.hidden_until
