-- Whether so much is missing; see glance.sql.

-- name: gap_amount
select count(*) - count(original_amount) = %(n)s and count(*) = %(of)s and %(n)s > 0
    and extract(isodow from %(day)s::date) = 7
from analytics.deal_history
where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date

-- name: gap_date
select count(*) - count(closing_date) = %(n)s and count(*) = %(of)s and %(n)s > 0
    and extract(isodow from %(day)s::date) = 7
from analytics.deal_history
where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date

-- name: gap_source
select count(*) - count(nullif(source, '(none)')) = %(n)s and count(*) = %(of)s and %(n)s > 0
    and extract(isodow from %(day)s::date) = 7
from analytics.leads
where day > %(day)s::date - 7 and day <= %(day)s
