-- Whether the open pipeline moved as printed; see glance.sql.

-- name: pipeline_up, pipeline_down, pipeline_level
select (
    select coalesce(sum(amount), 0) from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
) = %(money)s and (
    select coalesce(sum(amount), 0) from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> (%(day)s::date - 7)
) = %(before)s and case %(stance)s
    when 'pipeline_up' then %(money)s - %(before)s > greatest(0.05 * %(before)s, 1)
    when 'pipeline_down' then %(before)s - %(money)s > greatest(0.05 * %(before)s, 1)
    else abs(%(money)s - %(before)s) <= greatest(0.05 * %(before)s, 1)
end and (
    select round(100 - 100 * coalesce(sum(amount) filter (where known_from <= (%(day)s::date - 7)), 0) / sum(amount), 1)
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> (%(day)s::date - 7)
    having sum(coalesce(amount, 0) * case when known_from <= (%(day)s::date - 7) then 0 else 1 end)
        >= 0.05 * sum(amount)
        and sum(amount) > 0
) is not distinct from %(assumed)s::numeric
