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
--   win_rate_by_value (percent, Deals): won / (won + lost) amounts; null without a closed deal
--   leads_qualified (count, Leads): leads that are qualified or converted now
--   junk_pct (percent, Leads): junk leads / all leads of the owner
--   weighted_value (money, Deals): sum of Amount times probability of the open deals
--   lost_value (money, Deals): sum of Amount of the lost deals
--   closed_deals (count, Deals): won and lost deals of the owner
--   win_rate_low (percent, Deals): lower end of the Wilson 95 % score interval of the rate by
--     count (z = 1.959964; E. B. Wilson, 1927)
--   win_rate_high (percent, Deals): upper end of the Wilson 95 % score interval of the rate by
--     count

with leads as (
    select
        owner_id,
        count(*) as leads,
        count(*) filter (where meaning = 'junk') as junk_leads,
        count(*) filter (where is_qualified) as leads_qualified
    from analytics.leads
    group by owner_id
),
deals as (
    select
        owner_id,
        count(*) filter (where meaning = 'open') as open_deals,
        sum(amount) filter (where meaning = 'open') as open_value,
        sum(weighted_amount) filter (where meaning = 'open') as weighted_value,
        count(*) filter (where meaning = 'won') as won_deals,
        sum(amount) filter (where meaning = 'won') as won_value,
        count(*) filter (where meaning = 'lost') as lost_deals,
        sum(amount) filter (where meaning = 'lost') as lost_value
    from analytics.deals
    group by owner_id
),
together as (
    select
        owner_id,
        coalesce(l.leads, 0) as leads,
        coalesce(l.junk_leads, 0) as junk_leads,
        coalesce(l.leads_qualified, 0) as leads_qualified,
        coalesce(d.open_deals, 0) as open_deals,
        coalesce(d.open_value, 0) as open_value,
        coalesce(d.weighted_value, 0) as weighted_value,
        coalesce(d.won_deals, 0) as won_deals,
        coalesce(d.won_value, 0) as won_value,
        coalesce(d.lost_deals, 0) as lost_deals,
        coalesce(d.lost_value, 0) as lost_value,
        coalesce(d.won_deals + d.lost_deals, 0) as closed_deals
    from leads l
    full join deals d using (owner_id)
)
select
    t.owner_id,
    coalesce(w.owner_name, t.owner_id) as owner_name,
    t.leads,
    t.junk_leads,
    t.open_deals,
    t.open_value,
    t.won_deals,
    t.won_value,
    t.lost_deals,
    measures.pct(t.won_deals, t.closed_deals) as win_rate_by_count,
    measures.pct(t.won_value, t.won_value + t.lost_value) as win_rate_by_value,
    t.leads_qualified,
    measures.pct(t.junk_leads, t.leads) as junk_pct,
    t.weighted_value,
    t.lost_value,
    t.closed_deals,
    measures.is_too_few(t.closed_deals) as too_few,
    measures.win_rate_bound(t.won_deals, t.closed_deals, -1) as win_rate_low,
    measures.win_rate_bound(t.won_deals, t.closed_deals, 1) as win_rate_high
from together t
left join analytics.owners w on w.owner_id = t.owner_id
