-- One row per module and time range in [since, until) that no complete read has covered.
-- A read covers its window up to the CRM's clock at that time, less the lag after which Zoho has
-- shown every change.
select m.module, lower(gap) as unread_from, upper(gap) as unread_to
from unnest(%(modules)s::text[]) as m (module)
cross join lateral (
    select coalesce(
        range_agg(tstzrange(window_start,
            greatest(window_start, least(window_end, read_until - %(lag)s::interval)))),
        '{}'::tstzmultirange) as covered
    from crm.sync_logs l
    where l.module = m.module and l.status = 'success' and l.read_until is not null
) l
cross join lateral unnest(
    tstzmultirange(tstzrange(%(since)s, %(until)s)) - l.covered) as gap
order by 1, 2;
