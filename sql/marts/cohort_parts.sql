-- grain: one row per month of lead creation, source and owner
-- kind: incremental
-- strategy: merge
-- key: month, source, owner_id
-- owner: marketing
-- The cohorts of analytics.lead_cohorts, where the steps are explained, taken apart by source and
-- owner as the leads say now: their sums over a month are its figures.
-- figures:
--   leads (count): live leads created in the month
--   qualified (count): of these, qualified or converted now or in an earlier version
--   converted (count): of these, converted by now
--   won (count): of these, converted, and the deal that the conversion made is won by now
--   linked (count): of these, converted leads that name a live deal
--   junk (count): of these, junk now

with earlier as (
    select distinct id
    from analytics.lead_history
    where meaning in ('qualified', 'converted') and not is_present and not is_deleted
)
select
    date_trunc('month', l.day::timestamp)::date as month,
    l.source,
    l.owner_id,
    count(*) as leads,
    count(*) filter (where l.is_qualified or e.id is not null) as qualified,
    count(*) filter (where l.meaning = 'converted') as converted,
    -- Only a conversion names a deal.
    count(*) filter (where d.meaning = 'won') as won,
    count(d.id) as linked,
    count(*) filter (where l.meaning = 'junk') as junk
from analytics.leads l
left join earlier e on e.id = l.id
left join analytics.deals d on d.id = l.deal_id
group by 1, 2, 3
