-- Whether a figure told of an earlier day is another now; see glance.sql.

-- name: restated_leads, restated_won, restated_lost, restated_pipeline
with told as (
    select figure, share, place from (values
        ('restated_leads', 'new_leads', 0.1, 'n'),
        ('restated_won', 'won_deals', 0, 'won'),
        ('restated_lost', 'lost_deals', 0, 'lost'),
        ('restated_pipeline', 'open_pipeline_value', 0.01, 'money')
    ) v (stance, figure, share, place)
    where v.stance = %(stance)s
),
-- What messages said of the date: its own first, then those that corrected it.
said as (
    select l.day, jsonb_path_query_first(l.facts, '$[*] ? (@.kind == "glance").figures') ->> t.place as value
    from analytics.ai_briefings_log l, told t
    where l.day = %(date)s and not exists (
        select from analytics.ai_briefings_log n where n.day = l.day and n.id > l.id)
    union all
    select l.day, coalesce(c.figures ->> 'money', c.figures ->> 'n')
    from analytics.briefing_items c
    join analytics.ai_briefings_log l on l.id = c.briefing_id
    where c.in_message and c.stance = %(stance)s and c.figures ->> 'date' = %(date)s::text
        and l.day < %(day)s and not exists (
            select from analytics.ai_briefings_log n where n.day = l.day and n.id > l.id)
),
printed (now) as (select coalesce(%(n)s::numeric, %(money)s::numeric))
select p.now = (
        select (to_jsonb(k) ->> t.figure)::numeric from analytics.kpis k where day = %(date)s
    )
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and p.now <> %(before)s and abs(p.now - %(before)s) >= t.share * abs(%(before)s)
    and %(before)s = (
        select coalesce((select value from said where value is not null order by day desc limit 1)::numeric,
            r.before)
        from analytics.restatements r
        where r.day = %(date)s and r.figure = t.figure and r.restated_at > (
            select created_at from analytics.ai_briefings_log where day < %(day)s
            order by created_at desc limit 1
        )
        order by r.restated_at limit 1
    )
from told t
cross join printed p

-- name: restated_definition
select count(*) = %(n)s and %(n)s > 0
from (
    select distinct r.day
    from analytics.restatements r
    join analytics.ai_briefings_log l on l.day = r.day
    where r.reason = 'definition changed' and r.day <= %(day)s::date - 1
        and r.figure in ('new_leads', 'won_deals', 'lost_deals', 'open_pipeline_value')
        and r.restated_at > all (
            select created_at from analytics.ai_briefings_log where day < %(day)s
        )
) d
