-- grain: one row per month of lead creation
-- kind: table
-- key: month
-- owner: marketing
-- Of the live leads created in a month, how many ever qualified, converted and won: each step is
-- a part of the one before. qualified: qualified or converted now or in an earlier content.
-- converted: by now. won: the deal that the conversion made is won by now; the lead names it
-- in $converted_detail or Converted_Deal. linked: converted leads that name a live deal; where it
-- is 0 the organisation's records hold no link and won says nothing. junk: junk now.
-- is_young: less than 90 days since the month's end, so its later steps are unfinished.
-- days_to_qualified, days_to_converted: median days from creation, over the leads of which the day
-- is known; that of the qualification is where it was seen to happen or the lead was converted.
-- days_to_won: median days from conversion to the closing of the won deal.
-- figures:
--   leads (count): live leads created in the month
--   qualified (count): of these, qualified or converted now or in an earlier version
--   converted (count): of these, converted by now
--   won (count): of these, converted, and the deal that the conversion made is won by now
--   junk (count): of these, junk now
--   linked (count): of these, converted leads that name a live deal
--   days_to_qualified (days): median from creation to qualification, where its day is known
--   days_to_converted (days): median from creation to conversion, where its day is known
--   days_to_won (days): median from conversion to the closing of the won deal

with earlier as (
    select id, min(from_day) filter (where not is_first) as seen_day
    from analytics.lead_history
    where meaning in ('qualified', 'converted') and not is_present and not is_deleted
    group by id
),
present as (
    select
        *,
        meaning in ('qualified', 'converted') as is_qualified,
        case when not is_first and meaning in ('qualified', 'converted') then from_day end
            as seen_day
    from analytics.lead_history
    where is_present and not is_deleted
),
outcomes as (
    select
        date_trunc('month', l.day::timestamp)::date as month,
        l.day,
        l.meaning,
        l.is_qualified or e.id is not null as is_qualified,
        least(e.seen_day, l.seen_day, l.converted_day) as qualified_day,
        l.meaning = 'converted' as is_converted,
        l.converted_day,
        l.meaning = 'converted' and d.id is not null as is_linked,
        l.meaning = 'converted' and d.meaning = 'won' as is_won,
        d.closed_day
    from present l
    left join earlier e on e.id = l.id
    left join analytics.deals d on d.id = l.deal_id
),
counted as (
    select
        month,
        count(*) as leads,
        count(*) filter (where is_qualified) as qualified,
        count(*) filter (where is_converted) as converted,
        count(*) filter (where is_won) as won,
        count(*) filter (where meaning = 'junk') as junk,
        count(*) filter (where is_linked) as linked,
        percentile_cont(0.5) within group (order by qualified_day - day)
            filter (where is_qualified) as days_to_qualified,
        percentile_cont(0.5) within group (order by converted_day - day)
            filter (where is_converted) as days_to_converted,
        percentile_cont(0.5) within group (order by closed_day - converted_day)
            filter (where is_won) as days_to_won
    from outcomes
    group by month
)
select
    c.month,
    c.leads,
    c.qualified,
    c.converted,
    c.won,
    c.junk,
    (c.month + interval '1 month')::date + 90 > (now() at time zone o.timezone)::date as is_young,
    c.linked,
    c.days_to_qualified::numeric as days_to_qualified,
    c.days_to_converted::numeric as days_to_converted,
    c.days_to_won::numeric as days_to_won
from counted c
join crm.organisation o on o.singleton
