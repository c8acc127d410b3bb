-- Which modules' figures of a day nobody can know: what a briefing says nothing of.

create function analytics.unknown_modules(of_day date) returns table (module text, since timestamptz)
language sql stable as $$
    select u.module, min(u.since)
    from analytics.unknown u
    cross join crm.organisation o
    where u.mart = 'kpis' and u.module in ('Leads', 'Deals')
        and coalesce(u.since < (of_day + 1)::timestamp at time zone o.timezone, true)
    group by u.module
$$;
comment on function analytics.unknown_modules is
    'Leads or Deals where they were not read, or not in full, since the end of the day; since: up '
    'to when they are known, null where they never were. No row: the day is known.';
