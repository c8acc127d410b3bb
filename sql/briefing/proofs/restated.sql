-- Whether a figure told of an earlier day is another now; see glance.sql.

-- name: restated_leads
select (select new_leads from analytics.kpis where day = %(date)s) = %(n)s
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and abs(%(n)s - %(before)s) >= 0.1 * abs(%(before)s) and %(n)s <> %(before)s
    and %(before)s = (
        select before from analytics.restatements
        where day = %(date)s and figure = 'new_leads' and restated_at > (
            select created_at from analytics.ai_briefings_log where day < %(day)s
            order by created_at desc limit 1
        )
        order by restated_at limit 1
    )

-- name: restated_won
select (select won_deals from analytics.kpis where day = %(date)s) = %(n)s
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and %(n)s <> %(before)s
    and %(before)s = (
        select before from analytics.restatements
        where day = %(date)s and figure = 'won_deals' and restated_at > (
            select created_at from analytics.ai_briefings_log where day < %(day)s
            order by created_at desc limit 1
        )
        order by restated_at limit 1
    )

-- name: restated_lost
select (select lost_deals from analytics.kpis where day = %(date)s) = %(n)s
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and %(n)s <> %(before)s
    and %(before)s = (
        select before from analytics.restatements
        where day = %(date)s and figure = 'lost_deals' and restated_at > (
            select created_at from analytics.ai_briefings_log where day < %(day)s
            order by created_at desc limit 1
        )
        order by restated_at limit 1
    )

-- name: restated_pipeline
select (select open_pipeline_value from analytics.kpis where day = %(date)s) = %(money)s
    and %(date)s < %(day)s and %(subject)s = %(date)s::text
    and abs(%(money)s - %(before)s) >= 0.01 * abs(%(before)s) and %(money)s <> %(before)s
    and %(before)s = (
        select before from analytics.restatements
        where day = %(date)s and figure = 'open_pipeline_value' and restated_at > (
            select created_at from analytics.ai_briefings_log where day < %(day)s
            order by created_at desc limit 1
        )
        order by restated_at limit 1
    )

-- name: restated_definition
select count(*) = %(n)s and %(n)s > 0
from (
    select distinct r.day
    from analytics.restatements r
    join analytics.ai_briefings_log l on l.day = r.day
    where r.reason = 'definition changed' and r.day between %(day)s::date - 14 and %(day)s::date - 1
        and r.figure in ('new_leads', 'won_deals', 'lost_deals', 'open_pipeline_value')
        and r.restated_at > all (
            select created_at from analytics.ai_briefings_log where day < %(day)s
        )
) d
