-- grain: one row per day, as of its end, up to today
-- kind: daily
-- key: day
-- Days are the organisation's. Two sorts of figure:
-- Flows, by what is known when the row is built: new_leads (created on the day, converted ones
-- included, deleted ones excluded), new_leads_avg_7d (mean of the seven whole days before the day),
-- won_deals, won_value, lost_deals, lost_value (by closing date). Summed over days they give the
-- figure of the period, also when a deal is entered late.
-- Stocks, as of the end of the day: leads, junk_leads, junk_pct (junk / all leads that existed),
-- open_deals, open_pipeline_value (sum of Amount), weighted_pipeline_value (times probability).
-- A record deleted later still counts.
-- What a record said on a day: crm.record_versions holds each former content and when another took
-- its place, the module table holds the present one. Before the first content known there is no
-- record of what was said, so that content reaches back to Created_Time. If a deal is closed in
-- it, the deal counts as open before its closing date, at the latest until that content was
-- written, with the same amount; its stage in that time is unknown, so it is weighted with the
-- probability of the first open stage, the cautious choice.
-- Every content adds itself on its first day and takes itself away on the day it ends; running
-- sums over the days then give the stocks, at one pass over the records for any number of days.
-- A content that ended before the first day would cancel itself and is not read.

with period as (
    select
        o.timezone,
        %(first_day)s::date as first_day,
        %(first_day)s::date - 7 as warm_up,
        least(%(last_day)s::date, (now() at time zone o.timezone)::date) as last_day
    from crm.organisation o
),
days as (
    select generate_series(warm_up::timestamp, last_day::timestamp, interval '1 day')::date as day
    from period
),
history as (
    select
        version,
        module,
        id,
        lag(coalesce(replaced_by, replaced_at)) over record as said_from,
        coalesce(replaced_by, replaced_at) as said_until,
        lead(version) over record is null as is_last
    from crm.record_versions
    where module in ('Leads', 'Deals')
    window record as (partition by module, id order by version)
),
former as (
    select h.*, v.modified_time, v.raw_data
    from history h
    join crm.record_versions v using (version)
    join period p on h.said_until >= p.warm_up::timestamp at time zone p.timezone
),
lead_contents as (
    select
        l.lead_status as status,
        l.is_converted,
        coalesce(h.said_until, l.created_time, l.modified_time, l.synced_at) as said_from,
        l.deleted_at as said_until
    from crm.leads_raw l
    left join history h on h.module = 'Leads' and h.id = l.id and h.is_last
    union all
    select
        said."Lead_Status",
        said."$converted" is not distinct from 'true'::jsonb,
        coalesce(f.said_from, l.created_time, l.modified_time, l.synced_at),
        f.said_until
    from former f
    join crm.leads_raw l on l.id = f.id
    cross join lateral jsonb_to_record(f.raw_data) said ("Lead_Status" text, "$converted" jsonb)
    where f.module = 'Leads'
),
lead_changes as (
    select
        greatest((c.time at time zone p.timezone)::date, p.warm_up) as day,
        sum(c.sign) as leads,
        sum(c.sign) filter (where m.meaning = 'junk' and not s.is_converted) as junk_leads
    from lead_contents s
    cross join period p
    cross join lateral (values (s.said_from, 1), (s.said_until, -1)) c (time, sign)
    left join crm.picklist_meaning m on m.module = 'Leads' and m.value = s.status
    where c.time is not null
    group by 1
),
deal_contents as (
    select
        d.stage,
        d.amount,
        d.probability,
        d.closing_date,
        d.modified_time,
        coalesce(h.said_until, d.created_time, d.modified_time, d.synced_at) as said_from,
        d.deleted_at as said_until,
        h.id is null as is_first
    from crm.crm_deals d
    left join history h on h.module = 'Deals' and h.id = d.id and h.is_last
    union all
    select
        said."Stage",
        crm.to_number(said."Amount"),
        crm.to_number(said."Probability"),
        -- not crm.to_date: it starts a subtransaction, which a parallel query may not
        (jsonb_path_query_first(
            said."Closing_Date", '$.datetime("YYYY-MM-DD")', silent => true
        ) #>> '{}')::date,
        f.modified_time,
        coalesce(f.said_from, d.created_time, d.modified_time, d.synced_at),
        f.said_until,
        f.said_from is null
    from former f
    join crm.crm_deals d on d.id = f.id
    cross join lateral jsonb_to_record(f.raw_data) said (
        "Stage" text, "Amount" jsonb, "Probability" jsonb, "Closing_Date" jsonb
    )
    where f.module = 'Deals'
),
first_stage as (
    select probability
    from crm.picklist_meaning
    where module = 'Deals' and meaning = 'open'
    order by position
    limit 1
),
deal_days as (
    select
        c.amount,
        c.is_first,
        coalesce(m.meaning, 'open') = 'open' as is_open,
        coalesce(c.probability, m.probability) as own_probability,
        least(c.closing_date, (c.modified_time at time zone p.timezone)::date) as closed_day,
        (c.said_from at time zone p.timezone)::date as from_day,
        (c.said_until at time zone p.timezone)::date as until_day
    from deal_contents c
    cross join period p
    left join crm.picklist_meaning m on m.module = 'Deals' and m.value = c.stage
),
open_spans as (
    select
        from_day,
        case when is_open then until_day else least(closed_day, until_day) end as until_day,
        coalesce(amount, 0) as value,
        coalesce(amount * 0.01 * case
            when is_open then own_probability
            else (select probability from first_stage)
        end, 0) as weighted
    from deal_days
    where is_open or is_first
),
deal_changes as (
    select
        greatest(c.day, p.warm_up) as day,
        sum(c.sign) as deals,
        sum(c.sign * s.value) as value,
        sum(c.sign * s.weighted) as weighted
    from open_spans s
    cross join period p
    cross join lateral (values (s.from_day, 1), (s.until_day, -1)) c (day, sign)
    where c.day is not null and (s.until_day is null or s.from_day < s.until_day)
    group by 1
),
created as (
    select day, count(*) as leads
    from analytics.leads
    group by day
),
closed as (
    select
        closed_day as day,
        count(*) filter (where meaning = 'won') as won_deals,
        sum(amount) filter (where meaning = 'won') as won_value,
        count(*) filter (where meaning = 'lost') as lost_deals,
        sum(amount) filter (where meaning = 'lost') as lost_value
    from analytics.deals
    where meaning in ('won', 'lost')
    group by closed_day
),
running as (
    select
        day,
        coalesce(n.leads, 0) as new_leads,
        sum(coalesce(n.leads, 0)) over before as new_leads_before,
        coalesce(sum(l.leads) over so_far, 0) as leads,
        coalesce(sum(l.junk_leads) over so_far, 0) as junk_leads,
        coalesce(sum(d.deals) over so_far, 0) as open_deals,
        coalesce(sum(d.value) over so_far, 0) as open_value,
        coalesce(sum(d.weighted) over so_far, 0) as weighted_value,
        coalesce(c.won_deals, 0) as won_deals,
        coalesce(c.won_value, 0) as won_value,
        coalesce(c.lost_deals, 0) as lost_deals,
        coalesce(c.lost_value, 0) as lost_value
    from days
    left join created n using (day)
    left join lead_changes l using (day)
    left join deal_changes d using (day)
    left join closed c using (day)
    window
        so_far as (order by day),
        before as (order by day rows between 7 preceding and 1 preceding)
)
select
    r.day,
    r.new_leads,
    round(r.new_leads_before / 7, 2) as new_leads_avg_7d,
    round(100.0 * r.junk_leads / nullif(r.leads, 0), 2) as junk_pct,
    r.open_deals::bigint as open_deals,
    r.open_value as open_pipeline_value,
    r.weighted_value as weighted_pipeline_value,
    r.won_deals,
    r.won_value,
    r.lost_deals,
    r.leads::bigint as leads,
    r.junk_leads::bigint as junk_leads,
    r.lost_value
from running r
cross join period p
where r.day >= p.first_day
