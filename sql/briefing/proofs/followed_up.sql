-- Whether a deal that was advised on became what is printed; see glance.sql.

-- name: advice_won
select count(*) = 1 and bool_and(h.meaning = 'won' and h.name = %(deal)s
    and h.amount is not distinct from %(money)s)
from analytics.deal_history h
join lateral (
    select i.day from analytics.briefing_items i
    where i.subject = h.id and i.advised and i.day between %(day)s::date - 3 and %(day)s::date - 1
    order by i.day desc limit 1
) a on true
join analytics.deal_history b
    on b.id = h.id and b.meaning = 'open' and daterange(b.from_day, b.until_day) @> a.day
where h.id = %(subject)s and daterange(h.from_day, h.until_day) @> %(day)s::date

-- name: advice_lost
select count(*) = 1 and bool_and(h.meaning = 'lost' and h.name = %(deal)s
    and h.amount is not distinct from %(money)s)
from analytics.deal_history h
join lateral (
    select i.day from analytics.briefing_items i
    where i.subject = h.id and i.advised and i.day between %(day)s::date - 3 and %(day)s::date - 1
    order by i.day desc limit 1
) a on true
join analytics.deal_history b
    on b.id = h.id and b.meaning = 'open' and daterange(b.from_day, b.until_day) @> a.day
where h.id = %(subject)s and daterange(h.from_day, h.until_day) @> %(day)s::date

-- name: advice_date
select count(*) = 1 and bool_and(h.meaning = 'open' and h.name = %(deal)s
    and h.amount is not distinct from %(money)s
    and h.closing_date = %(date)s and h.closing_date > b.closing_date
    and b.closing_date = %(date_before)s)
from analytics.deal_history h
join lateral (
    select i.day from analytics.briefing_items i
    where i.subject = h.id and i.advised and i.day between %(day)s::date - 3 and %(day)s::date - 1
    order by i.day desc limit 1
) a on true
join analytics.deal_history b
    on b.id = h.id and b.meaning = 'open' and daterange(b.from_day, b.until_day) @> a.day
where h.id = %(subject)s and daterange(h.from_day, h.until_day) @> %(day)s::date

-- name: advice_stage
select count(*) = 1 and bool_and(h.meaning = 'open' and h.name = %(deal)s
    and h.amount is not distinct from %(money)s
    and h.stage = %(stage)s and h.stage <> b.stage
    and b.stage = %(stage_before)s)
from analytics.deal_history h
join lateral (
    select i.day from analytics.briefing_items i
    where i.subject = h.id and i.advised and i.day between %(day)s::date - 3 and %(day)s::date - 1
    order by i.day desc limit 1
) a on true
join analytics.deal_history b
    on b.id = h.id and b.meaning = 'open' and daterange(b.from_day, b.until_day) @> a.day
where h.id = %(subject)s and daterange(h.from_day, h.until_day) @> %(day)s::date

-- name: advice_open
select count(*) = 1 and bool_and(h.meaning = 'open' and h.name = %(deal)s
    and h.amount is not distinct from %(money)s
    and h.stage = b.stage and coalesce(h.closing_date = b.closing_date,
        coalesce(h.closing_date, b.closing_date) is null)
    and coalesce(h.original_amount = b.original_amount,
        coalesce(h.original_amount, b.original_amount) is null))
from analytics.deal_history h
join lateral (
    select i.day from analytics.briefing_items i
    where i.subject = h.id and i.advised and i.day between %(day)s::date - 3 and %(day)s::date - 1
    order by i.day desc limit 1
) a on true
join analytics.deal_history b
    on b.id = h.id and b.meaning = 'open' and daterange(b.from_day, b.until_day) @> a.day
where h.id = %(subject)s and daterange(h.from_day, h.until_day) @> %(day)s::date
