-- Whether a figure told of an earlier day is another now; see glance.sql.

-- name: restated_leads, restated_won, restated_lost, restated_pipeline
with told as (
    select figure, share from (values
        ('restated_leads', 'new_leads', 0.1),
        ('restated_won', 'won_deals', 0),
        ('restated_lost', 'lost_deals', 0),
        ('restated_pipeline', 'open_pipeline_value', 0.01)
    ) v (stance, figure, share)
    where v.stance = %(stance)s
),
printed (now) as (select coalesce(%(n)s::numeric, %(money)s::numeric))
select p.now = (
        select (to_jsonb(k) ->> t.figure)::numeric from analytics.kpis k where day = %(date)s
    )
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and p.now <> %(before)s and abs(p.now - %(before)s) >= t.share * abs(%(before)s)
    and %(before)s = (
        select before from analytics.restatements r
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
