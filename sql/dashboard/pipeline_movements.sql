-- grain: one row per bar of the bridge from the open pipeline before the period to that at its end
-- kind: start, then the kinds of movement that happened in
-- the order of a deal's life, then end. value: what the bar is (start, end) or adds; the kinds sum to
-- end less start. first_day, last_day: the days between. assumed_pct: of the value at start, where it
-- is so much that it has to be told (measures.much_assumed). Movements as in
-- analytics.pipeline_movements. The value at start or end is null where deals are open and that of none
-- is known.

with days as (
    select %(first_day)s::date as first_day, %(last_day)s::date as last_day
),
before as (
    select k.open_pipeline_value as value, k.open_deals as deals
    from days d
    cross join lateral measures.kpis(
        d.first_day - 1, d.first_day - 1, %(sources)s, %(owners)s
    ) k
    union all
    select m.value, m.deals
    from analytics.pipeline_movements m
    where m.day is null
        and (%(sources)s::text[] is null or m.source = any(%(sources)s))
        and (%(owners)s::text[] is null or m.owner_id = any(%(owners)s))
),
-- A row per kind and deal, of which several may be: sorting them to count the deals takes longer.
chosen as (
    select m.kind, m.id, sum(m.deals) as deals, sum(m.value) as value
    from analytics.pipeline_movements m
    where m.day between %(first_day)s::date and %(last_day)s::date
        and (%(sources)s::text[] is null or m.source = any(%(sources)s))
        and (%(owners)s::text[] is null or m.owner_id = any(%(owners)s))
    group by m.kind, m.id
),
kinds (position, kind, label) as (
    values
        (1, 'opened', 'Opened'),
        (2, 'reopened', 'Reopened'),
        (3, 'handed over', 'Handed over'),
        (4, 'added', 'Value added'),
        (5, 'cut', 'Value cut'),
        (6, 'won', 'Won'),
        (7, 'lost', 'Lost'),
        (8, 'deleted', 'Deleted')
),
-- Once: not for each bar.
assumed as materialized (
    select measures.assumed_pct(d.first_day - 1, %(sources)s, %(owners)s) as pct from days d
),
bars as (
    select 0 as position, 'start' as kind, 'At start' as label, coalesce(sum(value), 0) as value,
        coalesce(sum(deals), 0) as deals
    from before
    union all
    select k.position, k.kind, k.label, sum(c.value), count(*)
    from chosen c
    join kinds k using (kind)
    group by k.position, k.kind, k.label
    having sum(c.value) <> 0
    union all
    select 9, 'end', 'At end', coalesce(sum(value), 0), coalesce(sum(deals), 0)
    from (select value, deals from before union all select value, deals from chosen) parts
)
select
    b.position,
    b.kind,
    b.label,
    measures.known_value(b.value, b.deals, (
        select v.open_value
        from measures.open_values(
            case b.kind when 'start' then d.first_day - 1 else d.last_day end,
            null, %(sources)s, %(owners)s
        ) v
    )) as value,
    b.deals,
    d.first_day,
    d.last_day,
    measures.much_assumed(a.pct) as assumed_pct
from bars b
cross join days d
cross join assumed a
order by b.position
