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
),
young as (
    select h.id, h.from_day as created_day, w.since
    from analytics.lead_history h
    join watched w on h.from_day > w.since - 7
    where h.is_first
),
spans as (
    select
        h.source,
        h.owner_id,
        h.meaning,
        greatest(h.from_day, y.since) as first_day,
        least(
            h.until_day - 1,
            y.created_day + 6,
            (now() at time zone o.timezone)::date
        ) as last_day
    from young y
    join analytics.lead_history h using (id)
    join crm.organisation o on o.singleton
)
select
    d.day::date as day,
    s.source,
    s.owner_id,
    count(*) as leads,
    count(*) filter (where s.meaning = 'junk') as junk_leads
from spans s
cross join lateral generate_series(
    s.first_day::timestamp, s.last_day::timestamp, interval '1 day'
) d (day)
group by 1, 2, 3
