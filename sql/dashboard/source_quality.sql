-- grain: one row per source with leads in the period or in the stretch before, most leads first
-- share_*: of the source's leads of the period, 0 to 100, by what they are now; the five add up to
-- 100. before: leads of the stretch before; *_before and *_change: against it. won_*: deals of the
-- source won in the period.

with stretches (is_before, first_day, last_day) as (
    values
        (false, %(first_day)s::date, %(last_day)s::date),
        (true, %(before_first)s::date, %(before_last)s::date)
),
sums as (
    select
        s.is_before,
        p.source,
        sum(p.new_leads) as leads,
        sum(p.open_leads) as open_leads,
        sum(p.qualified_leads) as qualified_leads,
        sum(p.converted_leads) as converted_leads,
        sum(p.lost_leads) as lost_leads,
        sum(p.junk_leads) as junk_leads,
        sum(p.won_deals) as won_deals,
        sum(p.won_value) as won_value,
        measures.pct(sum(p.junk_leads), sum(p.new_leads)) as junk_pct,
        measures.pct(sum(p.converted_leads), sum(p.new_leads)) as conversion_pct
    from stretches s
    cross join lateral measures.period(s.first_day, s.last_day, %(sources)s, %(owners)s) p
    group by s.is_before, p.source
),
now as (
    select * from sums where not is_before
),
before as (
    select * from sums where is_before
)
select
    source,
    coalesce(n.leads, 0) as leads,
    coalesce(n.open_leads, 0) as open_leads,
    coalesce(n.qualified_leads, 0) as qualified_now,
    coalesce(n.converted_leads, 0) as converted_leads,
    coalesce(n.lost_leads, 0) as lost_leads,
    coalesce(n.junk_leads, 0) as junk_leads,
    coalesce(n.won_deals, 0) as won_deals,
    coalesce(n.won_value, 0) as won_value,
    n.junk_pct,
    n.conversion_pct,
    measures.pct(n.open_leads, n.leads) as share_open,
    measures.pct(n.qualified_leads, n.leads) as share_qualified,
    n.conversion_pct as share_converted,
    measures.pct(n.lost_leads, n.leads) as share_lost,
    n.junk_pct as share_junk,
    coalesce(b.leads, 0) as before,
    coalesce(n.leads, 0) - coalesce(b.leads, 0) as change,
    b.junk_pct as junk_pct_before,
    n.junk_pct - b.junk_pct as junk_pct_change,
    b.conversion_pct as conversion_pct_before,
    n.conversion_pct - b.conversion_pct as conversion_pct_change,
    b.won_value as won_value_before
from now n
full join before b using (source)
order by leads desc, before desc, source
