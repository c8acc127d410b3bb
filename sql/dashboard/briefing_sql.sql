-- grain: one row per SQL file that the figures of the briefing %(id)s come from
-- sql: its text as it was when they were printed. figures: how many of them are of this mart.

select
    s.key as path,
    t.sql,
    (
        select count(*)
        from jsonb_array_elements(b.proof -> 'figures') f
        where s.key = 'sql/marts/' || (f ->> 'mart') || '.sql'
    ) as figures
from analytics.ai_briefings_log b
cross join jsonb_each_text(b.proof -> 'sql') s
join analytics.sql_texts t on t.digest = s.value
where b.id = %(id)s
order by s.key like 'sql/marts/%%' desc, s.key
