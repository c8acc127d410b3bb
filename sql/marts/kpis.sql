-- grain: one row per day, as of its end, up to today
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
--   new_leads (count): leads created on the day, converted ones included, deleted ones excluded
--   new_leads_avg_7d (number): mean of the new leads of the seven whole days before the day
--   junk_pct (percent): junk leads / all leads that existed at the end of the day
--   open_deals (count): deals that were open at the end of the day
--   open_pipeline_value (money): sum of Amount of the deals open at the end of the day
--   weighted_pipeline_value (money): sum of Amount times probability of the deals then open
--   won_deals (count): deals that were won on the day (closed_day of analytics.deal_history)
--   won_value (money): sum of Amount of the deals won on the day
--   lost_deals (count): deals that were lost on the day
--   leads (count): leads that existed at the end of the day, converted ones included
--   junk_leads (count): leads that were junk at the end of the day
--   lost_value (money): sum of Amount of the deals lost on the day
--   unweighted_deals (count): of open_deals, those whose probability then is not known; they are in
--     open_pipeline_value and weigh nothing
--   unconverted_deals (count): of open_deals, those whose Amount has no value in the home currency;
--     they are in none of the values

with days as (
    select generate_series(
        %(first_day)s::timestamp,
        least(%(last_day)s::date, (now() at time zone o.timezone)::date)::timestamp,
        interval '1 day'
    )::date as day
    from crm.organisation o
),
changed as (
    select
        greatest(day, %(first_day)s::date) as day,
        sum(records) filter (where entity = 'lead') as leads,
        sum(records) filter (where entity = 'lead' and meaning = 'junk') as junk_leads,
        sum(records) filter (where entity = 'deal' and meaning = 'open') as open_deals,
        sum(value) filter (where entity = 'deal' and meaning = 'open') as open_value,
        sum(weighted_value) filter (where entity = 'deal' and meaning = 'open') as weighted_value,
        sum(unweighted) filter (where entity = 'deal' and meaning = 'open') as unweighted,
        sum(unconverted) filter (where entity = 'deal' and meaning = 'open') as unconverted
    from analytics.daily_changes
    group by 1
),
stocks as (
    select
        day,
        coalesce(sum(c.leads) over so_far, 0)::bigint as leads,
        coalesce(sum(c.junk_leads) over so_far, 0)::bigint as junk_leads,
        coalesce(sum(c.open_deals) over so_far, 0)::bigint as open_deals,
        coalesce(sum(c.open_value) over so_far, 0) as open_value,
        coalesce(sum(c.weighted_value) over so_far, 0) as weighted_value,
        coalesce(sum(c.unweighted) over so_far, 0)::bigint as unweighted,
        coalesce(sum(c.unconverted) over so_far, 0)::bigint as unconverted
    from days
    left join changed c using (day)
    window so_far as (order by day)
)
select
    day,
    coalesce(f.new_leads, 0) as new_leads,
    coalesce(week.new_leads, 0) / 7 as new_leads_avg_7d,
    measures.pct(s.junk_leads, s.leads) as junk_pct,
    s.open_deals,
    s.open_value as open_pipeline_value,
    s.weighted_value as weighted_pipeline_value,
    coalesce(f.won_deals, 0) as won_deals,
    coalesce(f.won_value, 0) as won_value,
    coalesce(f.lost_deals, 0) as lost_deals,
    s.leads,
    s.junk_leads,
    coalesce(f.lost_value, 0) as lost_value,
    s.unweighted as unweighted_deals,
    s.unconverted as unconverted_deals
from stocks s
left join analytics.daily_flows f using (day)
left join lateral (
    select sum(b.new_leads) as new_leads
    from analytics.daily_flows b
    where b.day between s.day - 7 and s.day - 1
) week on true
