-- Whether a deal is the largest overdue one; see glance.sql.

-- name: deal_overdue
with overdue as (
    select id, name, amount, %(day)s::date - closing_date as days
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and closing_date between %(day)s::date - 7305 and %(day)s
)
select exists (
    select from overdue
    where id = %(subject)s and name = %(deal)s and amount = %(money)s and days = %(days)s
        and days > 0
) and not exists (select from overdue where id <> %(subject)s and amount >= %(money)s)

-- name: overdue_next
with overdue as (
    select id, name, amount, %(day)s::date - closing_date as days
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and closing_date between %(day)s::date - 7305 and %(day)s
)
select exists (
    select from overdue
    where id = %(subject)s and name = %(deal)s and amount = %(money)s and days = %(days)s
        and days > 0
)
    and (select count(*) = 1 and min(days) > 0 from overdue where amount > %(money)s)
    and (select count(*) from overdue where amount = %(money)s) = 1
    and 50 * %(money)s > (
        select sum(amount) from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    )
