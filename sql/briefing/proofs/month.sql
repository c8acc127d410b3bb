-- Whether the month stands as printed; see glance.sql.

-- name: month_ahead
select (
    select sum(amount) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s and %(money)s - %(before)s > greatest(0.1 * %(before)s, 1)
and (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s::date - interval '1 month'
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date - interval '1 month', 'YYYYMM')
) = %(before)s and %(day)s::date >= date_trunc('month', %(day)s::date) + interval '7 days'

-- name: month_behind
select (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s and %(before)s - %(money)s > greatest(0.1 * %(before)s, 1)
and (
    select sum(amount) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s::date - interval '1 month'
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date - interval '1 month', 'YYYYMM')
) = %(before)s and %(day)s::date >= date_trunc('month', %(day)s::date) + interval '7 days'
and (%(due)s::numeric is null and %(due_money)s::numeric is null or (
    select count(*) = %(due)s::numeric and sum(amount) is not distinct from %(due_money)s::numeric
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and closing_date > %(day)s
        and to_char(closing_date, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
))

-- name: month_level
select (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s and abs(%(money)s - %(before)s) <= greatest(0.1 * %(before)s, 1)
and (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s::date - interval '1 month'
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date - interval '1 month', 'YYYYMM')
) = %(before)s and %(day)s::date >= date_trunc('month', %(day)s::date) + interval '7 days'
