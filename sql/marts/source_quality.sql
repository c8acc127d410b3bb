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

select
    source,
    leads,
    junk_leads,
    junk_pct,
    qualified_leads,
    converted_leads,
    won_deals,
    won_value,
    open_leads,
    lost_leads,
    conversion_pct,
    qualified_pct
from measures.sources()
