-- Whether a deal has a closing date of that year, more than twenty years away; see glance.sql.

-- name: date_mistyped, dates_mistyped
with wrong as (
    select id, name, to_char(closing_date, 'FMYYYY') as year, coalesce(amount, '-infinity') as amount
    from analytics.deal_history
    where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        and not closing_date between %(day)s::date - 7305 and %(day)s::date + 7305
)
select count(*) = coalesce(%(n)s::integer, 1)
    and (%(stance)s = 'date_mistyped') = (%(n)s::integer is null)
    and coalesce(bool_or(
        id = %(subject)s and name = %(deal)s and year = %(year)s
        and amount = (select max(amount) from wrong)
    ), false)
from wrong
