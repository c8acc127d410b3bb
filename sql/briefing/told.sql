-- What the latest briefing of each of the last days before %(day)s told, the latest day first.

with briefings as (
    select max(id) as id
    from analytics.ai_briefings_log
    where day < %(day)s and day > %(day)s::date - %(days)s
    group by day
)
select i.day, i.kind, i.stance, i.subject, i.figures, i.phrase, i.link,
    case when i.advised then i.advice end as advice
from analytics.briefing_items i
join briefings b on b.id = i.briefing_id
where i.in_message
order by i.day desc, i.position
