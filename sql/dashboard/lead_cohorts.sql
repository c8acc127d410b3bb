-- grain: one row per month of lead creation, the last twelve with leads up to the period's end
-- Of all sources and owners they are the figures of analytics.lead_cohorts. *_pct: of the leads
-- created in the month, 0 to 100; won is null where no converted lead of the month names its deal.
-- is_young: the later steps are unfinished, as those of the present month are. Months are whole,
-- however short the period. assumed_pct: of the leads of all these months, those of which it is not
-- known whether they ever qualified, where they are so many that it has to be told
-- (measures.much_assumed).

with months as (
    select
        month,
        sum(leads) as leads,
        sum(qualified) as qualified,
        sum(converted) as converted,
        case when sum(linked) > 0 or sum(converted) = 0 then sum(won) end as won
    from analytics.cohort_parts
    where (%(last_day)s::date is null or month <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by month
),
assumed as (
    select date_trunc('month', day::timestamp)::date as month, sum(assumed) as leads
    from analytics.entered_funnel
    where entity = 'lead' and position = 1
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    group by 1
),
shown as (
    select
        p.month,
        (p.month + interval '1 month' - interval '1 day')::date as month_end,
        p.leads,
        p.qualified,
        p.converted,
        p.won,
        measures.pct(p.qualified, p.leads) as qualified_pct,
        measures.pct(p.converted, p.leads) as converted_pct,
        measures.pct(p.won, p.leads) as won_pct,
        m.days_to_qualified,
        m.days_to_converted,
        m.days_to_won,
        m.is_young,
        a.leads as assumed
    from months p
    join analytics.lead_cohorts m using (month)
    left join assumed a using (month)
    order by p.month desc
    limit 12
)
select *, measures.much_assumed(measures.pct(sum(assumed) over (), sum(leads) over ())) as assumed_pct
from shown
order by month desc
