-- Whether so many leads of four weeks have had no answer; see glance.sql.

-- name: waiting
with untouched as (
    select '(none)' as status
    union
    select m.value
    from crm.picklist_meaning m
    where m.module = 'Leads' and coalesce(m.meaning, 'open') = 'open' and (
        lower(m.value) = 'not contacted'
        or lower(m.value) <> all ('{contacted, contact in future, attempted to contact}')
        and not exists (
            select from crm.picklist_meaning b
            where b.module = 'Leads' and b.position < m.position
        )
    )
),
-- Those that waited on the day that was told before, and whether they do so still.
again as (
    select h.id,
        not exists (
            select from analytics.lead_history e
            where e.id = h.id and e.from_day <= %(day)s
                and (e.is_converted or e.status not in (select status from untouched))
        ) and exists (
            select from analytics.lead_history e
            where e.id = h.id and daterange(e.from_day, e.until_day) @> %(day)s::date
        ) as is_waiting
    from analytics.lead_history h
    where daterange(h.from_day, h.until_day) @> %(told)s::date
        and %(told)s::date - h.day between 0 and 27
        and not exists (
            select from analytics.lead_history e
            where e.id = h.id and e.from_day <= %(told)s::date
                and (e.is_converted or e.status not in (select status from untouched))
        )
)
select count(*) = %(of)s and %(since)s + 27 = %(day)s::date
    and (%(told)s::date is null or (
        (select count(*) from again) = %(was_n)s
        and (select count(*) from again where is_waiting) = %(still)s
        and exists (
            select from analytics.briefing_items i
            where i.stance = 'waiting' and i.in_message and i.day = %(told)s
                and (i.figures ->> 'n')::numeric = %(was_n)s
        )
    ))
    and %(n)s >= 3 and %(n)s = count(*) filter (where not exists (
        select from analytics.lead_history e
        where e.id = h.id and e.from_day <= %(day)s
            and (e.is_converted or e.status not in (select status from untouched))
    ))
from analytics.lead_history h
where daterange(h.from_day, h.until_day) @> %(day)s::date and not h.is_deleted
    and %(day)s::date - h.day between 0 and 27
