-- Whether deals passed their closing date that day; see glance.sql.

-- name: newly_overdue_one
select array_agg(id) = array[%(subject)s] and max(closing_date) = %(date)s
    and bool_and(name = %(deal)s and amount is not distinct from %(money)s)
from analytics.deal_history
where meaning = 'open' and %(day)s::date - closing_date = 0
    and daterange(from_day, until_day) @> %(day)s::date

-- name: newly_overdue
select count(*) = %(n)s and count(*) > 1 and max(closing_date) = %(date)s and sum(amount) is not distinct from %(money)s
    and (%(deal)s is null or (
        count(*) filter (where name = %(deal)s and amount = %(deal_money)s) = 1
        and max(amount) = %(deal_money)s
        and count(*) filter (where amount = %(deal_money)s) = 1))
    and (%(second)s is null or (
        count(*) filter (where amount > %(second_money)s) = 1
        and count(*) filter (where amount = %(second_money)s) = 1
        and count(*) filter (where amount = %(second_money)s and name = %(second)s) = 1
        and 50 * %(second_money)s > (
            select sum(amount) from analytics.deal_history
            where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        )))
from analytics.deal_history
where meaning = 'open' and %(day)s::date - closing_date = 0
    and daterange(from_day, until_day) @> %(day)s::date
