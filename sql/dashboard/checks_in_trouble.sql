-- grain: one row per check and finding that does not pass, errors first
-- assets: those of which it was found, in one text. The marks around commands are Dagster's.

select
    case c.severity when 'warn' then 'warning' else 'error' end as result,
    c.name,
    replace(c.found, '`', '') as found,
    string_agg(c.asset, ', ' order by c.asset) as assets
from analytics.check_results c
where not c.passed
and c.checked_at > (select max(checked_at) from analytics.check_results) - interval '14 days'
group by c.severity, c.name, c.found
order by c.severity, assets
