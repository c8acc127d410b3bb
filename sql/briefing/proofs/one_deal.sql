-- Whether one deal is so much of the open pipeline; see glance.sql.

-- name: one_deal
select d.name = %(deal)s and d.amount = %(money)s and k.open_pipeline_value = %(pipeline)s
    and %(money)s > %(pipeline)s - 2 * %(money)s
    and round(100 * %(money)s::numeric / %(pipeline)s, 1) = %(pct)s
    and (
        select count(*) from analytics.deal_history o
        where o.meaning = 'open' and daterange(o.from_day, o.until_day) @> k.day and o.amount <> 0
    ) > 4
from analytics.kpis k
join analytics.deal_history d
    on d.id = %(subject)s and d.meaning = 'open' and daterange(d.from_day, d.until_day) @> k.day
where k.day = %(day)s
