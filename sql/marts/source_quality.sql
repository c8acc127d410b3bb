-- grain: one row per source of leads or of won deals
-- kind: table
-- key: source
-- owner: marketing
-- Percentages are null where a source has no lead.
-- figures:
--   leads (count, Leads): live leads of the source: open, qualified, lost and junk ones
--   junk_leads (count, Leads): leads that are junk now
--   junk_pct (percent, Leads): junk leads / all leads of the source
--   qualified_leads (count, Leads): leads that are qualified or converted now
--   converted_leads (count, Leads): leads that are converted now
--   won_deals (count, Deals): won deals, by the source that the deal itself names
--   won_value (money, Deals): sum of Amount of the won deals, by the source that the deal itself
--     names
--   open_leads (count, Leads): leads that are open now
--   lost_leads (count, Leads): leads that are lost now
--   conversion_pct (percent, Leads): converted / all leads of the source
--   qualified_pct (percent, Leads): qualified or converted / all leads of the source

with leads as (
    select
        source,
        count(*) as leads,
        count(*) filter (where meaning = 'junk') as junk_leads,
        count(*) filter (where is_qualified) as qualified_leads,
        count(*) filter (where meaning = 'converted') as converted_leads,
        count(*) filter (where meaning = 'lost') as lost_leads
    from analytics.leads
    group by source
),
deals as (
    select source, count(*) as won_deals, sum(amount) as won_value
    from analytics.deals
    where meaning = 'won'
    group by source
),
together as (
    select
        source,
        coalesce(l.leads, 0) as leads,
        coalesce(l.junk_leads, 0) as junk_leads,
        coalesce(l.qualified_leads, 0) as qualified_leads,
        coalesce(l.converted_leads, 0) as converted_leads,
        coalesce(l.lost_leads, 0) as lost_leads,
        coalesce(d.won_deals, 0) as won_deals,
        coalesce(d.won_value, 0) as won_value
    from leads l
    full join deals d using (source)
)
select
    source,
    leads,
    junk_leads,
    measures.pct(junk_leads, leads) as junk_pct,
    qualified_leads,
    converted_leads,
    won_deals,
    won_value,
    leads - qualified_leads - lost_leads - junk_leads as open_leads,
    lost_leads,
    measures.pct(converted_leads, leads) as conversion_pct,
    measures.pct(qualified_leads, leads) as qualified_pct
from together
