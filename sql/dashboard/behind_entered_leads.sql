-- grain: one row per live lead created in the days given that reached the step, the latest first
-- Steps as in analytics.entered_funnel and analytics.lead_cohorts: created, qualified, converted, won.
-- At most %(most)s; all_records: how many there are, as analytics.entered_funnel has them.

with counted as (
    select sum(reached)::bigint as all_records
    from analytics.entered_funnel
    where entity = 'lead'
        and lower(step) = %(step)s
        and day between %(first_day)s::date and %(last_day)s::date
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
),
listed as (
    select l.*, d.name as deal_name
    from analytics.leads l
    left join analytics.deals d on d.id = l.deal_id
    where l.day between %(first_day)s::date and %(last_day)s::date
        and (%(sources)s::text[] is null or l.source = any(%(sources)s))
        and (%(owners)s::text[] is null or l.owner_id = any(%(owners)s))
        and case %(step)s
            when 'created' then true
            -- One by one, by the index: the latest days hold as many as are listed.
            when 'qualified' then (
                select true from analytics.lead_history h
                where h.id = l.id and h.meaning in ('qualified', 'converted')
                limit 1
            )
            when 'converted' then l.meaning = 'converted'
            when 'won' then l.meaning = 'converted' and d.meaning = 'won'
        end
    order by l.day desc, l.id
    limit %(most)s
)
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
    l.deal_name,
    c.all_records
from listed l
cross join counted c
join crm.leads_raw r using (id)
order by l.day desc, l.id
