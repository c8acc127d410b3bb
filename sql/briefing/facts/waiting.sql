-- stances: waiting
-- Leads of the seven days up to the day that nobody had answered at its end: their status had never
-- been another than the first of the list, or empty. Three at least.

with leads as (
    select h.id, bool_and(not h.is_converted and f.status is not null) as is_waiting
    from analytics.lead_history h
    left join measures.untouched_statuses() f using (status)
    where h.day between %(day)s::date - 6 and %(day)s and h.from_day <= %(day)s
    group by h.id
    having bool_or(h.until_day is null or h.until_day > %(day)s)
)
select
    'waiting' as stance,
    '' as subject,
    %(day)s::date - 6 as first_day,
    0::numeric as weight,
    count(*) filter (where is_waiting) as n,
    count(*) as "of"
from leads
having count(*) filter (where is_waiting) >= 3
