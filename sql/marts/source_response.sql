-- grain: one row per source of leads created in the last 30 days
-- kind: table
-- key: source
-- owner: marketing
-- The live leads created on the 30 whole days up to yesterday (first_day to last_day), converted
-- ones included. Calls and mails are not read, so a response is what the status tells: in any
-- content of analytics.lead_history the status is another than the first of the list (the lowest
-- position in crm.picklist_meaning; Zoho's is Not Contacted) and not empty, or the lead is
-- converted. A lead put to junk was looked at and so has a response too.
-- The time to it is known where the lead was seen before, without one. Source and meaning are as
-- the lead says now.
-- figures:
--   leads (count): leads created in these days
--   contacted_leads (count): of these, with a response by now
--   contacted_pct (percent): contacted_leads / leads
--   qualified_leads (count): of leads, qualified or converted now
--   junk_leads (count): of leads, junk now
--   converted_leads (count): of leads, converted now
--   timed_leads (count): of contacted_leads, those whose response was seen to happen
--   median_days (days): median whole days from creation to response, of timed_leads

with days as (
    select
        (now() at time zone o.timezone)::date - 30 as first_day,
        (now() at time zone o.timezone)::date - 1 as last_day
    from crm.organisation o
    where o.singleton
),
leads as (
    select
        p.*,
        d.first_day,
        d.last_day,
        -- Of those whose days are known: how many took as many days or fewer, and how many they are.
        sum(p.leads) over (partition by p.source order by p.days) as up_to,
        sum(p.leads) filter (where p.days is not null) over (partition by p.source) as timed_leads
    from analytics.response_parts p
    join days d on p.day between d.first_day and d.last_day
),
counted as (
    select
        source,
        first_day,
        last_day,
        sum(leads)::bigint as leads,
        coalesce(sum(leads) filter (where is_contacted), 0)::bigint as contacted_leads,
        coalesce(sum(leads) filter (where meaning in ('qualified', 'converted')), 0)::bigint
            as qualified_leads,
        coalesce(sum(leads) filter (where meaning = 'junk'), 0)::bigint as junk_leads,
        coalesce(sum(leads) filter (where meaning = 'converted'), 0)::bigint as converted_leads,
        coalesce(timed_leads, 0)::bigint as timed_leads,
        -- Between the two in the middle where their number is even.
        trim_scale((
            min(days) filter (where up_to >= div(timed_leads + 1, 2))
            + min(days) filter (where up_to >= div(timed_leads, 2) + 1)
        ) * 0.5) as median_days
    from leads
    group by source, first_day, last_day, leads.timed_leads
)
select
    source,
    first_day,
    last_day,
    leads,
    contacted_leads,
    measures.pct(contacted_leads, leads) as contacted_pct,
    qualified_leads,
    junk_leads,
    converted_leads,
    timed_leads,
    median_days
from counted
