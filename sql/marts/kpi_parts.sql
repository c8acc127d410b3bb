-- grain: one row per day, source and owner to which a KPI owes something of that day
-- kind: incremental
-- strategy: merge
-- key: day, source, owner_id
-- owner: sales operations
-- The KPIs of analytics.kpis taken apart, so that they can be had for some sources and some owners:
-- summed over a day the flows are those of that day, and summed from the beginning up to a day the
-- changes are its stocks. Source and owner: of flows, as the record says now; of changes, as it said
-- then, so a deal handed over leaves one owner and comes to another. What was replaced on the day it was
-- written comes and goes at once, which is nothing. day is null for leads whose creation nobody knows.
-- figures:
--   new_leads (count, Leads): live leads created on the day
--   new_open_leads (count, Leads): those of the new leads that are open by now
--   new_qualified_leads (count, Leads): those that are qualified by now, and not converted
--   new_converted_leads (count, Leads): those that are converted by now
--   new_lost_leads (count, Leads): those that are lost by now
--   new_junk_leads (count, Leads): those that are junk by now
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

with created as (
    select
        day,
        source,
        owner_id,
        sum(leads) as new_leads,
        sum(leads) filter (where meaning = 'open') as new_open_leads,
        sum(leads) filter (where meaning = 'qualified') as new_qualified_leads,
        sum(leads) filter (where meaning = 'converted') as new_converted_leads,
        sum(leads) filter (where meaning = 'lost') as new_lost_leads,
        sum(leads) filter (where meaning = 'junk') as new_junk_leads
    from analytics.lead_volume
    group by day, source, owner_id
),
closed as (
    select
        closed_day as day,
        source,
        owner_id,
        count(*) filter (where meaning = 'won') as won_deals,
        sum(amount) filter (where meaning = 'won') as won_value,
        count(*) filter (where meaning = 'lost') as lost_deals,
        sum(amount) filter (where meaning = 'lost') as lost_value
    from analytics.deals
    where closed_day is not null
    group by closed_day, source, owner_id
),
lead_changes as (
    select
        c.day,
        h.source,
        h.owner_id,
        sum(c.sign) as leads_change,
        sum(c.sign) filter (where h.meaning = 'junk') as junk_leads_change
    from analytics.lead_history h
    cross join lateral (values (h.from_day, 1), (h.until_day, -1)) c (day, sign)
    where c.day is not null
    group by c.day, h.source, h.owner_id
),
deal_changes as (
    select
        c.day,
        h.source,
        h.owner_id,
        sum(c.sign) as open_deals_change,
        sum(c.sign * h.amount) as open_value_change,
        sum(c.sign * h.weighted_amount) as weighted_value_change,
        sum(c.sign) filter (where h.probability is null) as unweighted_deals_change,
        sum(c.sign) filter (where h.is_unconverted) as unconverted_deals_change
    from analytics.deal_history h
    cross join lateral (values (h.from_day, 1), (h.until_day, -1)) c (day, sign)
    where h.meaning = 'open' and c.day is not null
    group by c.day, h.source, h.owner_id
),
assumed_changes as (
    select
        c.day,
        h.source,
        h.owner_id,
        sum(c.sign) as assumed_deals_change,
        sum(c.sign * h.amount) as assumed_value_change
    from analytics.deal_history h
    cross join lateral (
        values (h.from_day, 1), (coalesce(h.known_from, h.until_day), -1)
    ) c (day, sign)
    where h.meaning = 'open' and h.known_from is distinct from h.from_day
    group by c.day, h.source, h.owner_id
)
select
    day,
    source,
    owner_id,
    coalesce(n.new_leads, 0)::bigint as new_leads,
    coalesce(n.new_open_leads, 0)::bigint as new_open_leads,
    coalesce(n.new_qualified_leads, 0)::bigint as new_qualified_leads,
    coalesce(n.new_converted_leads, 0)::bigint as new_converted_leads,
    coalesce(n.new_lost_leads, 0)::bigint as new_lost_leads,
    coalesce(n.new_junk_leads, 0)::bigint as new_junk_leads,
    coalesce(c.won_deals, 0) as won_deals,
    coalesce(c.won_value, 0) as won_value,
    coalesce(c.lost_deals, 0) as lost_deals,
    coalesce(c.lost_value, 0) as lost_value,
    coalesce(l.leads_change, 0) as leads_change,
    coalesce(l.junk_leads_change, 0) as junk_leads_change,
    coalesce(d.open_deals_change, 0) as open_deals_change,
    coalesce(d.open_value_change, 0) as open_value_change,
    coalesce(d.weighted_value_change, 0) as weighted_value_change,
    coalesce(d.unweighted_deals_change, 0) as unweighted_deals_change,
    coalesce(d.unconverted_deals_change, 0) as unconverted_deals_change,
    coalesce(a.assumed_deals_change, 0) as assumed_deals_change,
    coalesce(a.assumed_value_change, 0) as assumed_value_change
from created n
full join closed c using (day, source, owner_id)
full join lead_changes l using (day, source, owner_id)
full join deal_changes d using (day, source, owner_id)
full join assumed_changes a using (day, source, owner_id)
