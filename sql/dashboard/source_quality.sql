-- grain: one row per source with leads in the period or in the stretch before, most leads first
-- share_*: of the source's leads of the period, 0 to 100, by what they are now; the five add up to
-- 100. before: leads of the stretch before; *_before and *_change: against it, of the period's days that
-- are over, up to whole_until, and null where none is. won_*: deals of the source won in the period;
-- their value is null where that of none is known.

with now as (
    select * from measures.sources(%(first_day)s, %(last_day)s, %(sources)s, %(owners)s)
),
whole as (
    select * from measures.sources(%(first_day)s, %(whole_until)s, %(sources)s, %(owners)s)
),
before as (
    select * from measures.sources(%(before_first)s, %(before_last)s, %(sources)s, %(owners)s)
)
select
    source,
    coalesce(n.leads, 0) as leads,
    coalesce(n.open_leads, 0) as open_leads,
    coalesce(n.qualified_now, 0) as qualified_now,
    coalesce(n.converted_leads, 0) as converted_leads,
    coalesce(n.lost_leads, 0) as lost_leads,
    coalesce(n.junk_leads, 0) as junk_leads,
    coalesce(n.won_deals, 0) as won_deals,
    measures.known_value(coalesce(n.won_value, 0), coalesce(n.won_deals, 0), (
        select v.won_value
        from measures.closed_values(%(first_day)s, %(last_day)s, array[n.source], %(owners)s) v
    )) as won_value,
    n.junk_pct,
    n.conversion_pct,
    n.share_open,
    n.share_qualified,
    n.conversion_pct as share_converted,
    n.share_lost,
    n.junk_pct as share_junk,
    case when not c.is_of_nothing then coalesce(b.leads, 0) end as before,
    case when not c.is_of_nothing then coalesce(w.leads, 0) - coalesce(b.leads, 0) end as change,
    b.junk_pct as junk_pct_before,
    w.junk_pct - b.junk_pct as junk_pct_change,
    b.conversion_pct as conversion_pct_before,
    w.conversion_pct - b.conversion_pct as conversion_pct_change,
    b.won_value as won_value_before
from now n
full join before b using (source)
left join whole w using (source)
cross join (select %(whole_until)s::date < %(first_day)s::date as is_of_nothing) c
order by leads desc, before desc, source
