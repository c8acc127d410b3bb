-- grain: one row per step that leads, then deals, of the period reached, in their order
-- Of those created in the period, of the chosen sources and owners. of_before_pct: of those who
-- reached the step before; null for the first. of_entered_pct: of all who entered. assumed_pct: of all
-- leads, or deals, those of which it is not known whether they came further, where they are so many
-- that it has to be told (measures.much_assumed).

with steps as (
    select
        entity,
        position,
        step,
        sum(reached)::bigint as reached,
        sum(junk)::bigint as junk,
        sum(lost)::bigint as lost,
        sum(waiting)::bigint as waiting,
        sum(not_known)::bigint as not_known,
        sum(assumed) as assumed
    from analytics.entered_funnel
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by entity, position, step
)
select
    entity,
    position,
    step,
    reached,
    junk,
    lost,
    waiting,
    not_known,
    measures.pct(reached, lag(reached) over entry) as of_before_pct,
    measures.pct(reached, first_value(reached) over entry) as of_entered_pct,
    measures.much_assumed(measures.pct(
        sum(assumed) over (partition by entity), first_value(reached) over entry
    )) as assumed_pct
from steps
window entry as (partition by entity order by position)
order by entity desc, position
