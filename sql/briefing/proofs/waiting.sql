-- Whether so many leads of four weeks have had no answer; see glance.sql.

-- name: waiting, waiting_source
with untouched as (
    select '(none)' as status
    union
    select m.value
    from crm.picklist_meaning m
    join crm.picklist_meaning n using (module, position)
    where m.module = 'Leads' and coalesce(m.meaning, 'open') = 'open'
    group by m.value, m.position
    having bool_or(lower(n.value) = 'not contacted') or (
        bool_and(lower(n.value) <> all ('{contacted, contact in future, attempted to contact}'))
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
),
-- The leads of the four weeks, each with where it came from by the end of the day.
now as (
    select h.source,
        (not exists (
            select from analytics.lead_history e
            where e.id = h.id and e.from_day <= %(day)s
                and (e.is_converted or e.status not in (select status from untouched))
        ))::int as waits
    from analytics.lead_history h
    where daterange(h.from_day, h.until_day) @> %(day)s::date and not h.is_deleted
        and %(day)s::date - h.day between 0 and 27
),
-- What each source has of those who wait, and of all of them: 0 to 1.
shares as (
    select source, sum(waits) as waits,
        sum(waits)::numeric / nullif((select sum(waits) from now), 0) as of_waits,
        count(*)::numeric / (select count(*) from now) as of_all
    from now
    group by source
)
select count(*) = %(of)s and %(since)s + 27 = %(day)s::date
    and (%(told)s::date is null or (
        (select count(*) from again) = %(was_n)s
        and (select count(*) from again where is_waiting) = %(still)s
        and exists (
            select from analytics.briefing_items i
            where i.kind = 'waiting' and i.in_message and i.day = %(told)s
                and (i.figures ->> 'n')::numeric = %(was_n)s
        )
    ))
    and %(n)s >= 3 and %(n)s = sum(waits)
    and (%(stance)s = 'waiting_source') = (%(source)s::text is not null)
    and array[%(source)s::text, %(of_source)s::text] is not distinct from coalesce((
        select array[source, waits::text] from shares
        where source not like '(none)' and of_waits > 0.5 and round(of_waits - of_all, 12) > 0
    ), array[null, null])
from now
