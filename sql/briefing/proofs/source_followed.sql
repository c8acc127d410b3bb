-- Whether the leads that a source brought on a told day stand so; see glance.sql.

-- name: source_followed, source_waiting
select array[count(*), count(*) filter (where not s.is_touched),
        count(*) filter (where s.is_junk), count(*) filter (where s.is_converted)
    ]::numeric[] = array[%(of)s, %(n)s, %(junk)s, %(converted)s]::numeric[]
    and %(subject)s = %(source)s and count(*) >= 30
    and (%(of)s - %(n)s > %(n)s) = (%(stance)s = 'source_followed')
    and %(day)s::date - %(told)s in (7, 28)
    and exists (
        select from analytics.briefing_items i
        where i.day = %(told)s and i.in_message and i.kind = 'leads'
            and i.link = 'lead_source/source_more:' || %(source)s
    )
from analytics.leads l
cross join lateral (
    select
        bool_or(e.is_converted) as is_converted,
        bool_or(e.is_converted or e.status not in (
            select '(none)'
            union
            select m.value
            from crm.picklist_meaning m
            join crm.picklist_meaning n using (module, position)
            where m.module = 'Leads' and coalesce(m.meaning, 'open') = 'open'
            group by m.value, m.position
            having bool_or(lower(n.value) = 'not contacted') or (
                bool_and(lower(n.value) not in (
                    'contacted', 'contact in future', 'attempted to contact'
                ))
                and m.position = (
                    select min(position) from crm.picklist_meaning where module = 'Leads')
            )
        )) as is_touched,
        bool_or(daterange(e.from_day, e.until_day) @> %(day)s::date and e.meaning = 'junk')
            as is_junk
    from analytics.lead_history e
    where e.id = l.id and e.from_day <= %(day)s
) s
where l.source = %(source)s and l.day = %(told)s
