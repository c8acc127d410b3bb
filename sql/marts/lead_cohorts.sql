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

with counted as (
    select
        month,
        sum(leads)::bigint as leads,
        sum(qualified)::bigint as qualified,
        sum(converted)::bigint as converted,
        sum(won)::bigint as won,
        sum(junk)::bigint as junk,
        sum(linked)::bigint as linked
    from analytics.cohort_parts
    group by month
),
medians as (
    select
        month,
        max(days) filter (where step = 'qualified') as days_to_qualified,
        max(days) filter (where step = 'converted') as days_to_converted,
        max(days) filter (where step = 'won') as days_to_won
    from measures.cohort_medians()
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
    m.days_to_qualified,
    m.days_to_converted,
    m.days_to_won
from counted c
cross join crm.organisation o
left join medians m on m.month is not distinct from c.month
