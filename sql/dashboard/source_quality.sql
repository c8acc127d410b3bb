-- grain: one row per source of leads created in the period, most leads first
-- Of all time and owners they are the rows of analytics.source_quality that have leads. share_*: of the
-- source's leads, 0 to 100, by what they are now; the five add up to 100. qualified_now: qualified
-- and not converted yet. won_*: deals of the source that closed in the period.

with leads as (
    select
        source,
        sum(leads) as leads,
        coalesce(sum(leads) filter (where meaning = 'open'), 0) as open_leads,
        coalesce(sum(leads) filter (where meaning = 'qualified'), 0) as qualified_now,
        coalesce(sum(leads) filter (where meaning = 'converted'), 0) as converted_leads,
        coalesce(sum(leads) filter (where meaning = 'lost'), 0) as lost_leads,
        coalesce(sum(leads) filter (where meaning = 'junk'), 0) as junk_leads
    from analytics.lead_volume
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by source
),
won as (
    select source, sum(won_deals) as won_deals, sum(won_value) as won_value
    from analytics.kpi_parts
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by source
)
select
    l.*,
    coalesce(w.won_deals, 0) as won_deals,
    coalesce(w.won_value, 0) as won_value,
    measures.pct(junk_leads, leads) as junk_pct,
    measures.pct(converted_leads, leads) as conversion_pct,
    measures.pct(open_leads, leads) as share_open,
    measures.pct(qualified_now, leads) as share_qualified,
    measures.pct(converted_leads, leads) as share_converted,
    measures.pct(lost_leads, leads) as share_lost,
    measures.pct(junk_leads, leads) as share_junk
from leads l
left join won w using (source)
order by leads desc, source
