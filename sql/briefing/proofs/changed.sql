-- Whether an open deal changed on the day as printed; see glance.sql.

-- name: pushed
select n.closing_date = %(date)s and n.closing_date - b.closing_date = %(days)s and %(days)s > 0
    and n.name = %(deal)s and n.amount is not distinct from %(money)s
from analytics.deal_history n, analytics.deal_history b
where n.id = %(subject)s and b.id = %(subject)s and n.meaning = 'open' and b.meaning = 'open'
    and daterange(n.from_day, n.until_day) @> %(day)s::date
    and daterange(b.from_day, b.until_day) @> (%(day)s::date - 1)

-- name: cut
select n.amount = %(money)s and b.amount = %(before)s and %(before)s - %(money)s >= 0.1 * %(before)s
    and %(money)s < %(before)s
    and n.name = %(deal)s
    and (n.original_amount <> b.original_amount or n.currency <> b.currency)
from analytics.deal_history n, analytics.deal_history b
where n.id = %(subject)s and b.id = %(subject)s and n.meaning = 'open' and b.meaning = 'open'
    and daterange(n.from_day, n.until_day) @> %(day)s::date
    and daterange(b.from_day, b.until_day) @> (%(day)s::date - 1)

-- name: raised
select n.amount = %(money)s and b.amount = %(before)s and n.name = %(deal)s
    and %(before)s > 0 and %(money)s - %(before)s >= 0.1 * %(before)s
    and (n.original_amount <> b.original_amount or n.currency <> b.currency)
from analytics.deal_history n, analytics.deal_history b
where n.id = %(subject)s and b.id = %(subject)s and n.meaning = 'open' and b.meaning = 'open'
    and daterange(n.from_day, n.until_day) @> %(day)s::date
    and daterange(b.from_day, b.until_day) @> (%(day)s::date - 1)

-- name: priced
select n.amount = %(money)s and %(money)s > 0 and n.name = %(deal)s
    and 0 = all (
        select coalesce(e.original_amount, 0) from analytics.deal_history e
        where e.id = %(subject)s and e.from_day < %(day)s
    )
from analytics.deal_history n, analytics.deal_history b
where n.id = %(subject)s and b.id = %(subject)s and n.meaning = 'open' and b.meaning = 'open'
    and daterange(n.from_day, n.until_day) @> %(day)s::date
    and daterange(b.from_day, b.until_day) @> (%(day)s::date - 1)

-- name: back
select n.stage = %(stage)s and b.stage = %(stage_before)s and n.position < b.position and b.stage <> '(not known)'
    and n.name = %(deal)s and n.amount is not distinct from %(money)s
from analytics.deal_history n, analytics.deal_history b
where n.id = %(subject)s and b.id = %(subject)s and n.meaning = 'open' and b.meaning = 'open'
    and daterange(n.from_day, n.until_day) @> %(day)s::date
    and daterange(b.from_day, b.until_day) @> (%(day)s::date - 1)
