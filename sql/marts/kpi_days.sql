-- grain: one row per day to which a KPI owes something
-- kind: incremental
-- strategy: merge
-- key: day
-- owner: sales operations
-- The sums of analytics.kpi_parts over all sources and owners: the KPIs of a day are had from a few
-- hundred rows, whatever the number of parts.
-- figures:
--   new_leads (count, Leads): live leads created on the day
--   won_deals (count, Deals): won deals that closed on the day
--   won_value (money, Deals): sum of Amount of the won deals that closed on the day
--   lost_deals (count, Deals): lost deals that closed on the day
--   lost_value (money, Deals): sum of Amount of the lost deals that closed on the day
--   leads_change (count, Leads): leads that came on the day, less those that went
--   junk_leads_change (count, Leads): leads that became junk, less those that ceased to be
--   open_deals_change (count, Deals): deals that became open, less those that ceased to be
--   open_value_change (money, Deals): sum of Amount of open deals, came less went
--   weighted_value_change (money, Deals): their Amount times probability, came less went
--   unweighted_deals_change (count, Deals): open deals without a known probability, came less
--     went
--   unconverted_deals_change (count, Deals): open deals whose Amount has no value in the home
--     currency, came less went
--   assumed_deals_change (count, Deals): open deals of which it is not known what they said then, came
--     less went
--   assumed_value_change (money, Deals): sum of their Amount, came less went

select
    day,
    sum(new_leads)::bigint as new_leads,
    sum(won_deals)::bigint as won_deals,
    sum(won_value) as won_value,
    sum(lost_deals)::bigint as lost_deals,
    sum(lost_value) as lost_value,
    sum(leads_change)::bigint as leads_change,
    sum(junk_leads_change)::bigint as junk_leads_change,
    sum(open_deals_change)::bigint as open_deals_change,
    sum(open_value_change) as open_value_change,
    sum(weighted_value_change) as weighted_value_change,
    sum(unweighted_deals_change)::bigint as unweighted_deals_change,
    sum(unconverted_deals_change)::bigint as unconverted_deals_change,
    sum(assumed_deals_change)::bigint as assumed_deals_change,
    sum(assumed_value_change) as assumed_value_change
from analytics.kpi_parts
where day is not null
group by day
