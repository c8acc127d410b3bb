-- Whether a source has the highest share of 90 days, then and a week before; see glance.sql.

-- name: junk_highest, junk_changed, conv_highest, conv_changed
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
leads as (
    select e.day, h.source,
        (not exists (
            select from analytics.lead_history c
            where c.id = h.id and c.from_day <= e.day
                and (c.is_converted or c.status not in (select status from untouched))
        ))::int as is_unmarked,
        (h.meaning = case left(%(stance)s, 4) when 'junk' then 'junk' else 'converted' end)::int
            as is_one
    from (values (%(day)s::date), (%(day)s::date - 7)) e (day)
    join analytics.lead_history h
        on daterange(h.from_day, h.until_day) @> e.day and h.day > e.day - 90 and h.day <= e.day
),
overall as (
    select day, round(100 * avg(is_one), 1) as share, count(*) as leads, sum(is_unmarked) as unmarked
    from leads
    group by day
),
shares as (
    select day, source, count(*) as leads, sum(is_one) as ones,
        round(100 * avg(is_one), 1) as share
    from leads
    group by day, source
    having count(*) >= 30 and source <> '(none)'
),
told as (
    select i.subject as source, b.day
    from analytics.briefing_items i
    join (
        select day, max(id) as id from analytics.ai_briefings_log group by day
    ) b on b.id = i.briefing_id
    where i.in_message and b.day < %(day)s
        and i.stance in ('junk_highest', 'junk_changed', 'conv_highest', 'conv_changed')
        and left(i.stance, 4) = left(%(stance)s, 4)
    order by b.day desc
    limit 1
),
-- Whether the source was among those compared when that one was told.
compared as (
    select count(*) > 29 as is_so
    from told t
    join analytics.lead_history h on daterange(h.from_day, h.until_day) @> t.day
    where h.source = %(source)s and t.day - h.day between 0 and 89
)
select (
        select share = %(pct)s and ones = %(n)s and leads = %(of)s
        from shares
        where source = %(source)s and day = %(day)s
    )
    and (select count(*) from shares where day = %(day)s) = %(sources)s
    and (select share = %(all)s and leads = %(total)s
            and unmarked < 0.1 * leads
        from overall where day = %(day)s)
    and (
        select count(*) = 2
        from shares s
        join overall o using (day)
        where s.source = %(source)s and s.share > o.share
            and (select count(*) from shares t where t.day = s.day) >= 2
            and not exists (
                select from shares t
                where t.day = s.day and t.source <> s.source and t.share >= s.share)
    )
    and case right(%(stance)s, 7)
        when 'highest' then
            %(was)s::text is null and (
                coalesce((select source from told), %(source)s) = %(source)s
                or not (select is_so from compared)
            )
        else (select is_so from compared) and %(was)s::text <> %(source)s and (select source from told) = %(was)s::text
            and (
                select array[nullif(count(*), 0), case when count(*) > 0 then sum(is_one) end,
                    round(100 * avg(is_one), 1)]::numeric[]
                from leads
                where source = %(was)s::text and day = %(day)s
            ) is not distinct from array[%(was_of)s, %(was_n)s, %(was_pct)s]::numeric[]
    end
