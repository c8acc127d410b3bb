-- grain: one row per owner of a live lead or deal
-- kind: table
-- key: owner_id
-- owner: sales operations
-- too_few: below 10 closed deals a rate says little and should not be ranked.
-- figures:
--   leads (count, Leads): live leads of the owner
--   junk_leads (count, Leads): leads that are junk now
--   open_deals (count, Deals): open deals of the owner
--   open_value (money, Deals): sum of Amount of the open deals
--   won_deals (count, Deals): won deals of the owner
--   won_value (money, Deals): sum of Amount of the won deals
--   lost_deals (count, Deals): lost deals of the owner
--   win_rate_by_count (percent, Deals): won / (won + lost) deals; null without a closed deal
--   win_rate_by_value (percent, Deals): won / (won + lost) amounts; null without a closed
--     deal, and where amounts below zero leave no share
--   leads_qualified (count, Leads): leads that are qualified or converted now
--   junk_pct (percent, Leads): junk leads / all leads of the owner
--   weighted_value (money, Deals): sum of Amount times probability of the open deals
--   lost_value (money, Deals): sum of Amount of the lost deals
--   closed_deals (count, Deals): won and lost deals of the owner
--   win_rate_low (percent, Deals): lower end of the Wilson 95 % score interval of the rate by
--     count (z = 1.959964; E. B. Wilson, 1927)
--   win_rate_high (percent, Deals): upper end of the Wilson 95 % score interval of the rate by
--     count

select
    r.owner_id,
    coalesce(w.owner_name, r.owner_id) as owner_name,
    r.leads,
    r.junk_leads,
    r.open_deals,
    r.open_value,
    r.won_deals,
    r.won_value,
    r.lost_deals,
    r.win_rate_by_count,
    r.win_rate_by_value,
    r.leads_qualified,
    r.junk_pct,
    r.weighted_value,
    r.lost_value,
    r.closed_deals,
    r.too_few,
    r.win_rate_low,
    r.win_rate_high
from measures.reps(null, null, null, null, 'infinity') r
left join analytics.owners w on w.owner_id = r.owner_id
