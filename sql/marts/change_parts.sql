-- grain: one row per day, source and owner to which a change of that day owes something, handings over apart
-- kind: incremental
-- strategy: merge
-- key: day, source, owner_id, is_handed_over
-- owner: sales operations
-- The figures of analytics.changes taken apart, so that measures.changes can be had for some sources
-- and some owners: new leads and closed deals as in analytics.daily_flows, movements of the open
-- pipeline as in analytics.pipeline_movements. events and squares tell what chance does to them: of new
-- leads, won and lost deals, and open deals each event is one, so they are their own squares.
-- is_handed_over: the movements by which a deal left one owner and came to another. In all and by
-- source these come to nothing and are no events; of a chosen owner they are both.
-- figures:
--   new_leads (count): live leads created on the day
--   won_deals (count): won deals that closed on the day
--   won_value (money): sum of their Amount
--   won_squares (number): the squares of their Amounts, summed
--   lost_deals (count): lost deals that closed on the day
--   lost_value (money): sum of their Amount
--   lost_squares (number): the squares of their Amounts, summed
--   open_deals (count): deals that came to the open pipeline on the day, less those that went
--   open_deals_events (count): movements that brought or took a deal
--   open_value (money): Amount that came, less what went
--   open_value_events (count): movements that brought or took some
--   open_value_squares (number): the squares of what each brought or took, summed
--   weighted_value (money): Amount times probability that came, less what went
--   weighted_value_events (count): movements that brought or took some
--   weighted_value_squares (number): the squares of what each brought or took, summed
--   deal_contents (count): contents of deals that hold from the day on: none of an owner or source
--     before its first deal

with created as (
    select day, source, owner_id, false as is_handed_over, sum(leads) as new_leads
    from analytics.lead_volume
    where day is not null
    group by day, source, owner_id
),
closed as (
    select
        closed_day as day,
        source,
        owner_id,
        false as is_handed_over,
        count(*) filter (where meaning = 'won') as won_deals,
        sum(amount) filter (where meaning = 'won') as won_value,
        sum(amount * amount) filter (where meaning = 'won') as won_squares,
        count(*) filter (where meaning = 'lost') as lost_deals,
        sum(amount) filter (where meaning = 'lost') as lost_value,
        sum(amount * amount) filter (where meaning = 'lost') as lost_squares
    from analytics.deals
    where closed_day is not null
    group by closed_day, source, owner_id
),
moved as (
    select
        day,
        source,
        owner_id,
        kind = 'handed over' as is_handed_over,
        sum(deals) as open_deals,
        count(nullif(deals, 0)) as open_deals_events,
        sum(value) as open_value,
        count(nullif(value, 0)) as open_value_events,
        sum(value * value) as open_value_squares,
        sum(weighted_value) as weighted_value,
        count(nullif(weighted_value, 0)) as weighted_value_events,
        sum(weighted_value * weighted_value) as weighted_value_squares
    from analytics.pipeline_movements
    where day is not null
    group by day, source, owner_id, kind = 'handed over'
),
begun as (
    select from_day as day, source, owner_id, false as is_handed_over, count(*) as deal_contents
    from analytics.deal_history
    where until_day is null or from_day < until_day
    group by from_day, source, owner_id
)
select
    day,
    source,
    owner_id,
    is_handed_over,
    coalesce(n.new_leads, 0)::bigint as new_leads,
    coalesce(c.won_deals, 0) as won_deals,
    coalesce(c.won_value, 0) as won_value,
    coalesce(c.won_squares, 0) as won_squares,
    coalesce(c.lost_deals, 0) as lost_deals,
    coalesce(c.lost_value, 0) as lost_value,
    coalesce(c.lost_squares, 0) as lost_squares,
    coalesce(m.open_deals, 0)::bigint as open_deals,
    coalesce(m.open_deals_events, 0) as open_deals_events,
    coalesce(m.open_value, 0) as open_value,
    coalesce(m.open_value_events, 0) as open_value_events,
    coalesce(m.open_value_squares, 0) as open_value_squares,
    coalesce(m.weighted_value, 0) as weighted_value,
    coalesce(m.weighted_value_events, 0) as weighted_value_events,
    coalesce(m.weighted_value_squares, 0) as weighted_value_squares,
    coalesce(b.deal_contents, 0) as deal_contents
from created n
full join closed c using (day, source, owner_id, is_handed_over)
full join moved m using (day, source, owner_id, is_handed_over)
full join begun b using (day, source, owner_id, is_handed_over)
