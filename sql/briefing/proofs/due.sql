-- Whether so many deals close in the seven days after the day; see glance.sql.

-- name: due
select count(*) = %(n)s and count(*) > 0 and %(until)s - 7 = %(day)s::date and sum(amount) is not distinct from %(money)s
from analytics.deal_history
where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    and closing_date - %(day)s::date between 1 and 7

-- name: due_one
select array_agg(id) = array[%(subject)s]
    and bool_and(name = %(deal)s and amount = %(money)s and closing_date = %(date)s)
from analytics.deal_history
where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    and closing_date - %(day)s::date between 1 and 7

-- name: due_named
select count(*) = %(n)s and sum(amount) is not distinct from %(money)s
    and %(until)s - 7 = %(day)s::date
    and max(amount) = %(deal_money)s
    and count(*) filter (where amount = %(deal_money)s) = 1
    and bool_or(
        id = %(subject)s and name = %(deal)s and amount = %(deal_money)s and closing_date = %(date)s)
from analytics.deal_history
where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    and closing_date - %(day)s::date between 1 and 7

-- name: due_next
with closing as (
    select id, name, amount, closing_date
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and closing_date - %(day)s::date between 1 and 7
)
select exists (
    select from closing
    where id = %(subject)s and name = %(deal)s and amount = %(money)s and closing_date = %(date)s
)
    and (select count(*) from closing where amount > %(money)s) = 1
    and (select count(*) from closing where amount = %(money)s) = 1
    and 50 * %(money)s > (
        select sum(amount) from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    )
