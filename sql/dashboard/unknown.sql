-- grain: one row per module whose figures cannot be known now, or are of an earlier time
-- state, since and reason as in analytics.unknown: not read, or stopped at `since`. is_partly: stopped
-- for want of a field that the KPIs do not stand on.

select distinct on (module)
    module,
    state,
    since at time zone (select timezone from crm.organisation) as since,
    reason,
    is_partly
from (
    select *, field is not null and not bool_or(mart = 'kpis') over (partition by module, field)
        as is_partly
    from analytics.unknown
) u
join crm.modules m using (module)
-- Who does not read activities misses nothing but their own figures, which say so themselves.
where m.is_configured or not m.is_optional
order by module, state, is_partly, since nulls first
