-- Keep the newest result of an asset check.
insert into analytics.check_results as old (asset, name, passed, severity, about, found)
values (%(asset)s, %(name)s, %(passed)s, %(severity)s, %(about)s, %(found)s)
on conflict (asset, name) do update
set passed = excluded.passed, severity = excluded.severity, about = excluded.about,
    found = excluded.found, checked_at = excluded.checked_at
