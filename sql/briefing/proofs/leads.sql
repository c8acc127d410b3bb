-- Whether the leads of the day compare as printed; see glance.sql.

-- name: above_usual
select count(*) = 1 and bool_and(value = %(n)s and is_unusual and change > 0
    and round(normal, 1) = %(usual)s and extract(isodow from day) = %(weekday)s)
from analytics.changes
where figure = 'new_leads' and days = 1 and day = %(day)s

-- name: below_usual
select count(*) = 1 and bool_and(value = %(n)s and is_unusual and change < 0
    and round(normal, 1) = %(usual)s and extract(isodow from day) = %(weekday)s)
from analytics.changes
where figure = 'new_leads' and days = 1 and day = %(day)s

-- name: as_usual
select count(*) = 1 and bool_and(value = %(n)s and not is_unusual
    and round(normal, 1) = %(usual)s and extract(isodow from day) = %(weekday)s)
from analytics.changes
where figure = 'new_leads' and days = 1 and day = %(day)s

-- name: more_than_before
select (select new_leads from analytics.kpis where day = %(day)s) = %(n)s
    and (select new_leads from analytics.kpis where day = %(day)s::date - 1) = %(before)s
    and %(n)s > %(before)s

-- name: fewer_than_before
select (select new_leads from analytics.kpis where day = %(day)s) = %(n)s
    and (select new_leads from analytics.kpis where day = %(day)s::date - 1) = %(before)s
    and %(n)s < %(before)s

-- name: same_as_before
select (select new_leads from analytics.kpis where day = %(day)s) = %(n)s
    and (select new_leads from analytics.kpis where day = %(day)s::date - 1) = %(n)s
