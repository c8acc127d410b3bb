-- Whether so many leads of seven days have had no answer; see glance.sql.

-- name: waiting
select count(*) = %(of)s and %(n)s >= 3 and %(n)s = count(*) filter (where not exists (
        select from analytics.lead_history e
        where e.id = h.id and e.from_day <= %(day)s and (e.is_converted or e.status not in (
            select '(none)'
            union
            select m.value
            from crm.picklist_meaning m
            where m.module = 'Leads' and not exists (
                select from crm.picklist_meaning b
                where b.module = 'Leads' and b.position < m.position
            )
        ))
    ))
from analytics.lead_history h
where daterange(h.from_day, h.until_day) @> %(day)s::date
    and %(day)s::date - h.day between 0 and 6
