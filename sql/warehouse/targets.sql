-- What the files targets.csv and holidays.csv say, brought into the tables. %(lines)s are their lines.
-- The table keeps what it held before by itself.

-- name: remove
-- Lines that the file holds no longer, or means for other days since the fiscal year is known.
delete from analytics.targets t
where t.told_until is null
and t.told_by = 'file'
and not exists (
    select
    from jsonb_to_recordset(%(lines)s::jsonb) as l (
        scope text, name text, period text, year integer, number integer
    )
    cross join crm.organisation o
    cross join lateral measures.target_period(
        l.period, l.year, l.number, o.fiscal_start_month, o.fiscal_named_by_end
    ) p
    where (l.scope, coalesce(crm.text_key(l.name), ''), p.first_day, p.last_day)
        = (t.scope, coalesce(crm.text_key(t.name), ''), t.first_day, t.last_day)
)

-- name: change
update analytics.targets t
set amount = l.amount, deals = l.deals, currency = l.currency, name = l.name
from jsonb_to_recordset(%(lines)s::jsonb) as l (
    scope text, name text, period text, year integer, number integer, amount numeric,
    deals integer, currency text
)
cross join crm.organisation o
cross join lateral measures.target_period(
    l.period, l.year, l.number, o.fiscal_start_month, o.fiscal_named_by_end
) p
where t.told_until is null
and t.told_by = 'file'
and (l.scope, coalesce(crm.text_key(l.name), ''), p.first_day, p.last_day)
    = (t.scope, coalesce(crm.text_key(t.name), ''), t.first_day, t.last_day)
and (l.amount, l.deals, l.currency, l.name)
    is distinct from (t.amount, t.deals, t.currency, t.name)

-- name: add
insert into analytics.targets
    (scope, name, period, first_day, last_day, currency, amount, deals, told_by)
select l.scope, l.name, l.period, p.first_day, p.last_day, l.currency, l.amount, l.deals, 'file'
from jsonb_to_recordset(%(lines)s::jsonb) as l (
    scope text, name text, period text, year integer, number integer, amount numeric,
    deals integer, currency text
)
cross join crm.organisation o
cross join lateral measures.target_period(
    l.period, l.year, l.number, o.fiscal_start_month, o.fiscal_named_by_end
) p
on conflict do nothing

-- name: holidays
with lines as (
    select distinct on (day) day, name
    from jsonb_to_recordset(%(lines)s::jsonb) as l (day date, name text)
),
gone as (
    delete from crm.holidays where told_by = 'file' and day not in (select day from lines)
)
insert into crm.holidays (day, name, told_by)
select day, name, 'file'
from lines
on conflict (day) do update set name = excluded.name where holidays.told_by = 'file'
