-- grain: one row per live lead that a mark stands for, the latest created first, at most %(most)s
-- all_records: how many there are. A parameter that is null does not narrow.

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
    count(*) over () as all_records
from analytics.leads l
join crm.leads_raw r using (id)
where (%(first_day)s::date is null or l.day >= %(first_day)s)
    and (%(last_day)s::date is null or l.day <= %(last_day)s)
    and (%(sources)s::text[] is null or l.source = any(%(sources)s))
    and (%(owners)s::text[] is null or l.owner_id = any(%(owners)s))
    and (%(steps)s::text[] is null or l.step = any(%(steps)s))
    and (%(meanings)s::text[] is null or l.meaning = any(%(meanings)s))
order by l.day desc nulls last, l.id
limit %(most)s
