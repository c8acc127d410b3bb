-- Whether the week compares with the one before as printed; see glance.sql.

-- name: week_won_more, week_won_less, week_won_level
select (
    select coalesce(sum(won_value), 0) from analytics.kpis
    where day > %(day)s::date - 7 and day <= %(day)s
) = %(money)s and (
    select coalesce(sum(won_value), 0) from analytics.kpis
    where day > %(day)s::date - 14 and day <= %(day)s::date - 7
) = %(before)s and case %(stance)s
    when 'week_won_more' then %(money)s - %(before)s > greatest(0.1 * %(before)s, 1)
    when 'week_won_less' then %(before)s - %(money)s > greatest(0.1 * %(before)s, 1)
    else abs(%(money)s - %(before)s) <= greatest(0.1 * %(before)s, 1)
end and extract(isodow from %(day)s::date) = 7

-- name: week_leads_more, week_leads_fewer, week_leads_same
select (
    select coalesce(sum(new_leads), 0) from analytics.kpis
    where day > %(day)s::date - 7 and day <= %(day)s
) = %(n)s and (
    select coalesce(sum(new_leads), 0) from analytics.kpis
    where day > %(day)s::date - 14 and day <= %(day)s::date - 7
) = %(before)s and case %(stance)s
    when 'week_leads_same' then 10 * abs(%(n)s - %(before)s) <= %(before)s
        or 4 * (%(n)s - %(before)s) ^ 2 <= 9 * (%(n)s + %(before)s)
    else 4 * (%(n)s - %(before)s) ^ 2 > 9 * (%(n)s + %(before)s) and case %(stance)s
        when 'week_leads_more' then %(n)s > 1.1 * %(before)s
        else %(n)s < 0.9 * %(before)s
    end
end and %(n)s + %(before)s > 9 and extract(isodow from %(day)s::date) = 7
and coalesce((
    select bool_and(not (is_unusual and (day <= %(day)s::date - 7 or value > normal * 3))) from analytics.changes
    where figure = 'new_leads' and days = 1 and day > %(day)s::date - 14 and day <= %(day)s
        and normal is not null
), true)
