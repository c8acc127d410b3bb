-- Data checks: count what fails, and store the latest results.

-- name: failing_rows
-- What a check found, counted in all and cut to the first rows.
select count(*) over () as wrong_rows, found.*
from (
{check}
) found
limit {shown}

-- name: save_result
-- Keep the newest result of an asset check.
insert into analytics.check_results as old (asset, name, passed, severity, about, found, inputs)
values (%(asset)s, %(name)s, %(passed)s, %(severity)s, %(about)s, %(found)s, %(inputs)s)
on conflict (asset, name) do update
set passed = excluded.passed, severity = excluded.severity, about = excluded.about,
    found = excluded.found, checked_at = excluded.checked_at, inputs = excluded.inputs,
    since = case
        when old.inputs = excluded.inputs and old.passed = excluded.passed then old.since
        else excluded.since
    end

-- name: passes_since
-- Since when it is known that a check passes on what it would read.
select since
from analytics.check_results
where asset = %(asset)s and name = %(name)s and passed and inputs = %(inputs)s

-- name: forget_inputs
update analytics.check_results set inputs = null where inputs is not null

-- name: save_live_record_count
-- Keep how many live records a module has today, for the next day to be compared with.
insert into crm.live_records (module, day, records)
select
    {module},
    (now() at time zone o.timezone)::date,
    (select count(*) from crm.{table})
    - (select count(*) from crm.{table} where deleted_at is not null)
from crm.organisation o
on conflict (module, day) do update set records = excluded.records, kept_at = excluded.kept_at;
