-- grain: one row per day up to today, as of the end of the day
-- kind: daily
-- key: day
-- owner: sales operations
-- Days are the organisation's. Two sorts of figure:
-- Flows, by what is known when the row is built: new_leads (created on the day, converted ones
-- included, deleted ones excluded), new_leads_avg_7d (mean of the seven whole days before the day),
-- won_deals, won_value, lost_deals, lost_value (by the day they were won or
-- lost). Summed over days they give the
-- figure of the period, also when a deal is entered late.
-- Stocks, as of the end of the day: leads, junk_leads, junk_pct (junk / all leads that existed),
-- open_deals, open_pipeline_value (sum of Amount), weighted_pipeline_value (times probability).
-- A record deleted later still counts. What a record said on a day is in analytics.lead_history
-- and analytics.deal_history.
-- figures:
--   new_leads (count, Leads): leads created on the day, converted ones included, deleted ones
--     excluded
--   new_leads_avg_7d (number, Leads): mean of the new leads of the seven whole days before the
--     day
--   junk_pct (percent, Leads): junk leads / all leads that existed at the end of the day
--   open_deals (count, Deals): deals that were open at the end of the day
--   open_pipeline_value (money, Deals): sum of Amount of the deals open at the end of the day
--   weighted_pipeline_value (money, Deals): sum of Amount times probability of the deals then
--     open
--   won_deals (count, Deals): deals that were won on the day (closed_day of
--     analytics.deal_history)
--   won_value (money, Deals): sum of Amount of the deals won on the day
--   lost_deals (count, Deals): deals that were lost on the day
--   leads (count, Leads): leads that existed at the end of the day, converted ones included
--   junk_leads (count, Leads): leads that were junk at the end of the day
--   lost_value (money, Deals): sum of Amount of the deals lost on the day
--   unweighted_deals (count, Deals): of open_deals, those whose probability then is not known;
--     they are in open_pipeline_value and weigh nothing
--   unconverted_deals (count, Deals): of open_deals, those whose Amount has no value in the home
--     currency; they are in none of the values

select k.*
from crm.organisation o
cross join lateral measures.kpis(
    %(first_day)s::date,
    least(%(last_day)s::date, (now() at time zone o.timezone)::date)
) k
