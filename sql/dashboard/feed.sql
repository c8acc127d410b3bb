-- grain: one row per thing to know of the period's days, the latest day first, at most 30
-- Of the chosen sources and owners, each figure against their own normal. kind unusual: a figure far
-- from its normal on a day, as in measures.changes; its strongest change (over 1 or over 7 days). Seven
-- days that overlap say the same again: of consecutive days on which a figure stands out in one
-- direction, those over 1 day are told, else the strongest.
-- kind restated: a told figure of the day that was found to be another, as in analytics.restatements:
-- from normal to value, which are of the whole company; with a filter only where a record of the
-- chosen ones is behind it (measures.of_chosen). assumed_pct: how much of the pipeline behind a normal
-- is assumed, where it is so much that it has to be told (measures.much_assumed). is_told: of a
-- movement of the pipeline, that Zoho's own history tells it (measures.is_pipeline_told).
-- all_entries: how many they are.

with strongest as (
    select distinct on (day, figure)
        day, figure, days, unit, value, normal, direction, abs(score) as size,
        case when topic = 'pipeline' then compared_with end as compared_with
    from measures.known_changes(
        %(first_day)s::date, %(last_day)s::date, %(sources)s::text[], %(owners)s::text[]
    )
    where is_unusual
    order by day, figure, abs(score) desc, days
),
runs as (
    select *, day - row_number() over (partition by figure, direction order by day)::integer as run
    from strongest
),
ranked as (
    select *, row_number() over (
        partition by figure, direction, run order by days, size desc, day desc
    ) as place
    from runs
),
unusual as (
    select 'unusual' as kind, day, figure, days, unit, value, normal, null as reason, compared_with
    from ranked
    where days = 1 or place = 1
),
restated as (
    select distinct on (r.day, r.figure)
        'restated' as kind, r.day, r.figure, 1 as days,
        case
            when r.figure ~ '_value$' then 'money'
            when r.figure ~ '_pct$' then 'percent'
            else 'count'
        end as unit,
        r.after as value, r.before as normal, r.reason, null::date[] as compared_with, r.records
    from analytics.restatements r
    where r.day between %(first_day)s::date and %(last_day)s::date
    order by r.day, r.figure, r.restated_at desc
),
entries as (
    select *, count(*) over () as all_entries
    from (
        select * from unusual
        union all
        select kind, day, figure, days, unit, value, normal, reason, compared_with
        from restated
        where coalesce(%(sources)s::text[], %(owners)s::text[]) is null
            or exists (select from measures.of_chosen(records, %(sources)s, %(owners)s))
    ) e
    order by day desc, kind, figure
    limit 30
),
assumed as materialized (
    select day, measures.much_assumed(pct) as pct
    from measures.assumed_pcts(
        array(select distinct measures.day_behind(compared_with, days) from entries),
        %(sources)s, %(owners)s
    )
)
select
    e.kind,
    e.day,
    e.figure,
    e.days,
    e.unit,
    e.value,
    e.normal,
    e.reason,
    e.all_entries,
    a.pct as assumed_pct,
    e.compared_with is not null
        and measures.is_pipeline_told(e.day - e.days + 1, e.day, %(sources)s, %(owners)s) as is_told
from entries e
left join assumed a on a.day = measures.day_behind(e.compared_with, e.days)
order by e.day desc, e.kind, e.figure
