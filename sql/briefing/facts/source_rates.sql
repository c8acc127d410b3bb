-- stances: junk_highest, junk_changed, conv_highest, conv_changed
-- Of the sources with 30 leads or more created in the 90 days up to the day, the one with the
-- highest share, where there are two or more and no other comes near it; by what the leads said at
-- the end of the day. It must have been so a week before too, or names change with every few leads.
-- Changed: the last one that a briefing named was another, of which it is said what it is now; the new
-- one was compared with it then. Nothing is said while nobody has answered a tenth of all leads or
-- more, as in waiting.sql: they are neither junk nor converted yet, and shares fall by them alone.

with answered as (
    select distinct h.id
    from analytics.lead_history h
    left join measures.untouched_statuses() f using (status)
    where h.day between %(day)s::date - 89 and %(day)s and h.from_day <= %(day)s
        and (h.is_converted or f.status is null)
),
sources as (
    select
        a.ago,
        h.source,
        count(*) as leads,
        count(*) filter (where h.meaning = 'junk') as junk,
        count(*) filter (where h.meaning = 'converted') as converted,
        count(*) filter (where d.id is null) as unmarked
    from (values (0), (7)) a (ago)
    cross join lateral (select %(day)s::date - a.ago as day) e
    join analytics.lead_history h
        on h.from_day <= e.day and (h.until_day is null or h.until_day > e.day)
        and h.day between e.day - 89 and e.day
    left join answered d using (id)
    group by a.ago, h.source
),
shares as (
    select
        s.ago,
        k.kind,
        s.source,
        s.leads,
        k.part,
        round(measures.pct(k.part, s.leads), 1) as share,
        sum(s.leads) over kinds as all_leads,
        sum(s.unmarked) over kinds as unmarked,
        round(measures.pct(sum(k.part) over kinds, sum(s.leads) over kinds), 1) as all_share
    from sources s
    cross join lateral (values ('junk', s.junk), ('conv', s.converted)) k (kind, part)
    window kinds as (partition by s.ago, k.kind)
),
ranked as (
    select
        *,
        count(*) over kinds as sources,
        row_number() over highest as rank,
        lead(share) over highest as next_share
    from shares
    where leads >= 30 and source <> '(none)'
    window
        kinds as (partition by ago, kind),
        highest as (partition by ago, kind order by share desc, source)
),
highest as (
    select *
    from ranked
    where rank = 1 and measures.stands_clear(share, next_share, sources, 2) and share > all_share
),
named as (
    select distinct on (kind) left(i.stance, 4) as kind, i.subject as source, i.day
    from analytics.briefing_items i
    where i.kind = 'source_rates' and i.in_message and i.day < %(day)s
        and i.briefing_id in (select max(id) from analytics.ai_briefings_log group by day)
    order by kind, i.day desc
),
replaced as (
    select l.kind, l.source, n.source as by_source
    from named l
    join highest n on n.kind = l.kind and n.ago = 0 and n.source <> l.source
    join analytics.lead_history h
        on h.source = n.source and h.day between l.day - 89 and l.day
        and h.from_day <= l.day and (h.until_day is null or h.until_day > l.day)
    group by l.kind, l.source, n.source
    having count(*) >= 30
)
select
    n.kind || case when l.source is null then '_highest' else '_changed' end as stance,
    n.source as subject,
    %(day)s::date - 89 as first_day,
    0::numeric as weight,
    n.source,
    n.part as n,
    n.leads as "of",
    n.share as pct,
    n.all_share as "all",
    n.all_leads as total,
    n.sources,
    l.source as was,
    w.part as was_n,
    w.leads as was_of,
    w.share as was_pct
from highest n
join highest b on b.kind = n.kind and b.source = n.source and b.ago = 7
left join replaced l on l.kind = n.kind and l.by_source = n.source
left join shares w on w.ago = 0 and w.kind = n.kind and w.source = l.source
where n.ago = 0 and n.unmarked * 10 < n.all_leads
