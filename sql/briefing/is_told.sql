-- Whether the briefings before the day told so much (told) of what a statement of a kind counts again
-- under that name: those of some days together, or that of the first day of what a source had brought.

with spans (kind, name, first_day, last_day, said) as (values
    ('week', 'n', %(day)s::date - 6, %(day)s::date, 'n'),
    ('week', 'before', %(day)s::date - 13, %(day)s::date - 7, 'n'),
    ('waiting', 'of', %(day)s::date - 27, %(day)s::date, 'n'),
    ('pipeline', 'before', %(day)s::date - 7, %(day)s::date - 7, 'money'),
    ('period_ended', 'n', %(first_day)s, %(date)s, 'won')
),
told as (
    select distinct on (l.day) l.day, jsonb_path_query_first(
        l.facts, '$[*] ? (@.kind == "glance").figures'
    ) as figures
    from analytics.ai_briefings_log l
    where l.day < %(day)s
    order by l.day, l.id desc
),
now as (
    select day, jsonb_build_object('n', new_leads, 'won', won_deals) as figures
    from analytics.kpis
    where day = %(day)s
)
select sum((t.figures ->> s.said)::numeric) = %(told)s
    and count(t.figures ->> s.said) = max(s.last_day - s.first_day) + 1
from spans s
join (select * from told union all select * from now) t on t.day between s.first_day and s.last_day
where (s.kind, s.name) = (%(kind)s, %(name)s)
having count(*) > 0
union all
select (jsonb_path_query_first(l.facts, '$[*] ? (@.id == $id)', jsonb_build_object(
        'id', 'lead_source/source_more:' || %(subject)s::text
    )) #>> '{figures,n}')::numeric = %(told)s
from (
    select facts from analytics.ai_briefings_log where day = %(first_day)s order by id desc limit 1
) l
where (%(kind)s, %(name)s) = ('source_followed', 'of')
