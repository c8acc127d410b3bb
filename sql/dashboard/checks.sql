-- grain: one row per asset check that ran in the last 14 days, those that do not pass first
-- result: passed, warning or error. The marks around commands are Dagster's.

select
    c.asset,
    c.name,
    case when c.passed then 'passed' when c.severity = 'warn' then 'warning' else 'error' end as result,
    replace(c.found, '`', '') as found,
    replace(c.about, '`', '') as about,
    c.checked_at at time zone o.timezone as checked_at
from analytics.check_results c
cross join crm.organisation o
where c.checked_at > (select max(checked_at) from analytics.check_results) - interval '14 days'
order by c.passed, c.severity, c.asset, c.name
