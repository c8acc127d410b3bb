-- Whether so many deals are overdue, and were; see glance.sql.

-- name: overdue_more
select n = %(n)s and money is not distinct from %(money)s and before = %(before)s and n > before + greatest(1, 0.1 * before) from (
    select
        count(*) filter (where d.day = %(day)s) as n,
        sum(h.amount) filter (where d.day = %(day)s) as money,
        count(*) filter (where d.day < %(day)s) as before
    from (values (%(day)s::date), (%(day)s::date - 7)) d (day)
    join analytics.deal_history h
        on daterange(h.from_day, h.until_day) @> d.day
        and h.meaning = 'open' and d.day - h.closing_date >= 0
) o

-- name: overdue_fewer
select n = %(n)s and money is not distinct from %(money)s and before = %(before)s and before - n > greatest(1, 0.1 * before) and (money > was) is not true from (
    select
        count(*) filter (where d.day = %(day)s) as n,
        sum(h.amount) filter (where d.day = %(day)s) as money,
        count(*) filter (where d.day < %(day)s) as before,
        sum(h.amount) filter (where d.day < %(day)s) as was
    from (values (%(day)s::date), (%(day)s::date - 7)) d (day)
    join analytics.deal_history h
        on daterange(h.from_day, h.until_day) @> d.day
        and h.meaning = 'open' and d.day - h.closing_date >= 0
) o

-- name: overdue_same
select n = %(n)s and before = %(before)s and abs(n - before) <= greatest(1, 0.1 * before)
    and money is not distinct from %(money)s from (
    select
        count(*) filter (where d.day = %(day)s) as n,
        sum(h.amount) filter (where d.day = %(day)s) as money,
        count(*) filter (where d.day < %(day)s) as before
    from (values (%(day)s::date), (%(day)s::date - 7)) d (day)
    join analytics.deal_history h
        on daterange(h.from_day, h.until_day) @> d.day
        and h.meaning = 'open' and d.day - h.closing_date >= 0
) o
