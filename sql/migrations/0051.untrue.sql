-- An incident may also be a statement of the briefing that the figures did not bear out.

alter table analytics.incidents
    drop constraint incidents_kind_check,
    add constraint incidents_kind_check check (kind in ('failed', 'late', 'untrue'));
drop index analytics.incidents_one_open;
create unique index incidents_one_open on analytics.incidents ((kind = 'untrue'))
    where closed_at is null;
