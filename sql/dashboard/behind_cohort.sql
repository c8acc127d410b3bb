-- grain: one row per live lead of a cohort that reached the step, the latest created first, at most %(most)s
-- Months, and the steps qualified, converted and won, as in analytics.cohort_parts. all_records: how
-- many there are.

select
    l.id,
    r.full_name as name,
    r.company,
    l.source,
    l.status,
    l.meaning,
    l.owner_name,
    l.day as created,
    l.converted_day as converted,
    d.name as deal_name,
    count(*) over () as all_records
from analytics.leads l
join crm.leads_raw r using (id)
left join analytics.deals d on d.id = l.deal_id
where date_trunc('month', l.day::timestamp) = %(month)s::date
    and (%(sources)s::text[] is null or l.source = any(%(sources)s))
    and (%(owners)s::text[] is null or l.owner_id = any(%(owners)s))
    and case %(cohort_step)s
        when 'qualified' then exists (
            select from analytics.lead_history h
            where h.id = l.id and h.meaning in ('qualified', 'converted')
        )
        when 'converted' then l.meaning = 'converted'
        when 'won' then l.meaning = 'converted' and d.meaning = 'won'
    end
order by l.day desc, l.id
limit %(most)s
