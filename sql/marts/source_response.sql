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
untouched as (
    select status from measures.untouched_statuses()
),
contents as (
    select
        h.*,
        c.from_day as created_day,
        h.is_converted or u.status is null as is_touched
    from analytics.lead_history c
    join days d on c.from_day between d.first_day and d.last_day
    join analytics.lead_history h on h.id = c.id
    left join untouched u on u.status = h.status
    where c.is_first and not c.is_deleted
),
leads as (
    select
        id,
        max(source) filter (where is_present) as source,
        max(meaning) filter (where is_present) as meaning,
        bool_or(is_touched) as is_contacted,
        case when not bool_or(is_touched and is_first)
            then min(from_day) filter (where is_touched) - min(created_day)
        end as days
    from contents
    group by id
)
select
    l.source,
    d.first_day,
    d.last_day,
    count(*) as leads,
    count(*) filter (where l.is_contacted) as contacted_leads,
    measures.pct(count(*) filter (where l.is_contacted), count(*)) as contacted_pct,
    count(*) filter (where l.meaning in ('qualified', 'converted')) as qualified_leads,
    count(*) filter (where l.meaning = 'junk') as junk_leads,
    count(*) filter (where l.meaning = 'converted') as converted_leads,
    count(l.days) as timed_leads,
    (percentile_cont(0.5) within group (order by l.days))::numeric as median_days
from leads l
cross join days d
group by l.source, d.first_day, d.last_day
