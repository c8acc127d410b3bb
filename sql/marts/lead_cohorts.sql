-- grain: one row per month of lead creation
-- kind: table
-- key: month
-- Of the live leads created in a month, how many ever qualified, converted and won: each step is
-- a part of the one before. qualified: qualified or converted now or in an earlier version.
-- converted: by now. won: the deal that the conversion made is won by now; the lead names it
-- in $converted_detail or Converted_Deal. linked: converted leads that name a live deal; where it
-- is 0 the organisation's records hold no link and won says nothing. junk: junk now.
-- is_young: less than 90 days since the month's end, so its later steps are unfinished.

with once_qualified as (
    select distinct v.id
    from crm.record_versions v
    join crm.picklist_meaning m on m.module = v.module and m.value = v.raw_data ->> 'Lead_Status'
    where v.module = 'Leads' and m.meaning in ('qualified', 'converted')
),
links as (
    select
        id,
        coalesce(
            raw_data #>> '{$converted_detail,deal,id}',
            raw_data #>> '{$converted_detail,deal}',
            raw_data #>> '{Converted_Deal,id}'
        ) as deal_id
    from crm.leads_raw
    where is_converted
),
outcomes as (
    select k.id, d.meaning
    from links k
    join analytics.deals d on d.id = k.deal_id
),
counted as (
    select
        date_trunc('month', l.day::timestamp)::date as month,
        count(*) as leads,
        count(*) filter (where l.is_qualified or q.id is not null) as qualified,
        count(*) filter (where l.meaning = 'converted') as converted,
        count(*) filter (where l.meaning = 'converted' and d.meaning = 'won') as won,
        count(*) filter (where l.meaning = 'junk') as junk,
        count(*) filter (where l.meaning = 'converted' and d.id is not null) as linked
    from analytics.leads l
    left join once_qualified q on q.id = l.id
    left join outcomes d on d.id = l.id
    group by 1
)
select
    c.month,
    c.leads,
    c.qualified,
    c.converted,
    c.won,
    c.junk,
    (c.month + interval '1 month')::date + 90 > (now() at time zone o.timezone)::date as is_young,
    c.linked
from counted c
join crm.organisation o on o.singleton
