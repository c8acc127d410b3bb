-- Whether two owners have so many of the overdue deals; see glance.sql.

-- name: load_high
with counts as (
    select owner_id, count(*) filter (where %(day)s::date - closing_date >= 0) as overdue
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and owner_id <> '(none)'
    group by owner_id
)
select (select count(*) from counts) >= 4
    and (select sum(overdue) from counts) = %(of)s and %(of)s >= 10 and %(n)s * 2 >= %(of)s
    and (
        select sum(overdue) from (select overdue from counts order by overdue desc limit 2) t
    ) = %(n)s
    and (select overdue from counts order by overdue desc offset 1 limit 1)
        <> (select overdue from counts order by overdue desc offset 2 limit 1)
