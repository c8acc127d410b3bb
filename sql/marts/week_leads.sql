-- grain: one row per day, source and owner of the leads created in the seven days up to it
-- kind: table
-- key: day, source, owner_id
-- owner: sales operations
-- As of the end of the day, from what the leads said on that day (analytics.lead_history): leads of
-- one day and of a year ago are then seen at the same age, before most of them were judged. Only
-- days since leads are read by this pipeline: of a day before that, no one knows what was said.
-- A lead deleted later still counts; a day without leads has no row.
-- figures:
--   leads (count): leads created in the seven days up to the day
--   junk_leads (count): those of them that were junk at the end of the day

with watched as (
    select min(day) as since
    from analytics.sync_volume
    where module = 'Leads'
)
select p.day, p.source, p.owner_id, p.leads, p.junk_leads
from analytics.week_parts p
join watched w on p.day >= w.since
join crm.organisation o on p.day <= (now() at time zone o.timezone)::date
