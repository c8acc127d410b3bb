-- stances: glance, glance_leads, glance_deals, glance_unknown
-- The day at a glance: one fact a day, printed as one line and never chosen. What is not known of
-- the day is said to be so, and is no zero. assumed: of the open pipeline, where it is so much that it
-- has to be told. open: the open deals, where the value of none of them is known.

with unknown as (
    select
        count(*) filter (where module = 'Leads') > 0 as no_leads,
        count(*) filter (where module = 'Deals') > 0 as no_deals
    from analytics.unknown_modules(%(day)s)
),
valued as (
    select count(*) filter (where not measures.is_unvalued(amount)) as deals
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s) and meaning = 'open'
)
select
    case
        when no_leads and no_deals then 'glance_unknown'
        when no_deals then 'glance_leads'
        when no_leads then 'glance_deals'
        else 'glance'
    end as stance,
    '' as subject,
    %(day)s::date as first_day,
    0::numeric as weight,
    case when not no_leads then new_leads end as n,
    case when not no_deals then won_deals end as won,
    case when not no_deals then lost_deals end as lost,
    case when not no_deals and (deals > 0 or open_deals = 0) then open_pipeline_value end as money,
    case when not no_deals and deals = 0 then nullif(open_deals, 0) end as open,
    case when not no_deals and open_pipeline_value > 0 then
        round(measures.much_assumed(measures.assumed_pct(day)), 1)
    end as assumed
from analytics.kpis
cross join unknown
cross join valued
where day = %(day)s
