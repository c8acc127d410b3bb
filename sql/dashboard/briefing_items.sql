-- grain: one row per line of the briefing %(id)s, in its order
-- sql: the file that found it, as it was when the briefing was written.

select
    i.position,
    i.day,
    i.stance,
    i.means,
    i.sentence,
    i.why,
    i.first_day,
    i.figures,
    i.chosen_by,
    i.in_message,
    t.sql
from analytics.briefing_items i
join analytics.sql_texts t on t.digest = i.sql_digest
where i.briefing_id = %(id)s
order by i.position
