-- grain: one row per live lead that a mark stands for, the latest created first, at most %(most)s
-- is_answered: whether there was a response, as in analytics.source_response. all_records: how many
-- there are. A parameter that is null does not narrow.

with chosen as not materialized (
    select l.*
    from analytics.leads l
    where (%(first_day)s::date is null or l.day >= %(first_day)s)
        and (%(last_day)s::date is null or l.day <= %(last_day)s)
        and (%(sources)s::text[] is null or l.source = any(%(sources)s))
        and (%(owners)s::text[] is null or l.owner_id = any(%(owners)s))
        and (%(steps)s::text[] is null or l.step = any(%(steps)s))
        and (%(meanings)s::text[] is null or l.meaning = any(%(meanings)s))
        and (%(is_answered)s::boolean is null or %(is_answered)s = exists (
            select
            from analytics.lead_history h
            where h.id = l.id
                and not h.is_deleted
                and (h.is_converted or h.status not in (select status from measures.untouched_statuses()))
        ))
),
-- Counted apart: so that the list reads no more leads than it shows.
listed as (
    select *
    from (
        (select * from chosen where day is not null order by day desc, id limit %(most)s)
        union all
        (select * from chosen where day is null order by id limit %(most)s)
    ) l
    order by day desc nulls last, id
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
    c.all_records
from listed l
cross join (select count(*) as all_records from chosen) c
join crm.leads_raw r using (id)
order by l.day desc nulls last, l.id
