-- stances: waiting, waiting_source
-- Leads of the four weeks up to the day that nobody had answered at its end: they never had a status
-- that tells of a response (measures.untouched_statuses). Three at least; leads deleted since are in none
-- of the daily lines either. The window moves: of those that a message told last (was_n, on told) it is
-- said how many are so still, where as many are counted again. Of one source: it brought more than half
-- of those who wait, and of all these leads a smaller share.

with told as (
    select i.day, (i.figures ->> 'n')::bigint as n
    from analytics.briefing_items i
    where i.kind = 'waiting' and i.in_message
        and i.day between %(day)s::date - 28 and %(day)s::date - 1
        and i.briefing_id in (select max(id) from analytics.ai_briefings_log group by day)
    order by i.day desc
    limit 1
),
ends as (
    select %(day)s::date as day
    union all
    select day from told
),
leads as (
    select
        e.day,
        h.id,
        bool_and(not h.is_converted and f.status is not null) as is_waiting,
        bool_or(h.is_deleted) as is_deleted,
        max(h.source) filter (where h.until_day is null or h.until_day > e.day) as source
    from ends e
    join analytics.lead_history h on h.day between e.day - 27 and e.day and h.from_day <= e.day
    left join measures.untouched_statuses() f using (status)
    group by e.day, h.id
    having bool_or(h.until_day is null or h.until_day > e.day)
),
still as (
    select t.day, t.n, count(*) as again, count(*) filter (where n.is_waiting) as still
    from told t
    join leads l on l.day = t.day and l.is_waiting
    cross join lateral (
        select
            bool_and(not h.is_converted and f.status is not null)
                and bool_or(h.until_day is null or h.until_day > %(day)s) as is_waiting
        from analytics.lead_history h
        left join measures.untouched_statuses() f using (status)
        where h.id = l.id and h.from_day <= %(day)s
    ) n
    group by t.day, t.n
    having count(*) = t.n
),
sources as (
    select
        source,
        count(*) as leads,
        count(*) filter (where is_waiting) as waits,
        sum(count(*)) over () as all_leads,
        sum(count(*) filter (where is_waiting)) over () as all_waits
    from leads
    where day = %(day)s and not is_deleted
    group by source
),
mostly as (
    select source, waits
    from sources
    where source <> '(none)' and 2 * waits > all_waits and waits * all_leads > leads * all_waits
)
select
    case when max(m.source) is null then 'waiting' else 'waiting_source' end as stance,
    '' as subject,
    %(day)s::date - 27 as first_day,
    0::numeric as weight,
    count(*) filter (where l.is_waiting) as n,
    count(*) as "of",
    %(day)s::date - 27 as since,
    max(s.day) as told,
    max(s.n) as was_n,
    max(s.still) as still,
    max(m.source) as source,
    max(m.waits) as of_source
from leads l
left join still s on true
left join mostly m on true
where l.day = %(day)s and not l.is_deleted
having count(*) filter (where l.is_waiting) >= 3
