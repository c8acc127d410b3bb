-- stances: source_followed, source_waiting
-- A week after a message told that one source brought most of an unusual number of leads, a fair or a
-- campaign, and again four weeks after: where these leads stand at the end of the day. Thirty at least.
-- Waiting: half of them or more are as they came. of_told: how many the message told, if there were
-- others then.

with told as (
    select
        i.day,
        substr(i.link, length('lead_source/source_more:') + 1) as source,
        (f.figures ->> 'n')::numeric as leads
    from analytics.briefing_items i
    join analytics.ai_briefings_log b on b.id = i.briefing_id
    left join lateral jsonb_to_recordset(b.facts) f (id text, figures jsonb) on f.id = i.link
    where i.day in (%(day)s::date - 7, %(day)s::date - 28)
        and i.in_message and i.link like 'lead_source/source_more:%%'
        and i.briefing_id in (select max(id) from analytics.ai_briefings_log group by day)
),
leads as (
    select
        t.day,
        t.source,
        t.leads,
        h.id,
        bool_and(not h.is_converted and f.status is not null) as is_waiting,
        bool_or(h.meaning = 'junk' and (h.until_day is null or h.until_day > %(day)s)) as is_junk,
        bool_or(h.is_converted) as is_converted
    from told t
    join analytics.leads l on l.day = t.day and l.source = t.source
    join analytics.lead_history h on h.id = l.id and h.from_day <= %(day)s
    left join measures.untouched_statuses() f on f.status = h.status
    group by t.day, t.source, t.leads, h.id
)
select
    case when 2 * count(*) filter (where is_waiting) < count(*) then 'source_followed'
        else 'source_waiting' end as stance,
    source as subject,
    day as first_day,
    0::numeric as weight,
    source,
    day as told,
    count(*) as "of",
    nullif(leads, count(*)) as of_told,
    count(*) filter (where is_waiting) as n,
    count(*) filter (where is_junk) as junk,
    count(*) filter (where is_converted) as converted
from leads
group by day, source, leads
having count(*) >= 30
