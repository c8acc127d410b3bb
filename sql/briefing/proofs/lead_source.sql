-- Whether a source did most of the change in leads; see glance.sql.

-- name: source_more
select exists (
    select from analytics.change_causes p
    where p.day = %(day)s and p.figure = 'new_leads' and p.days = 1 and p.dimension = 'source'
        and p.name = %(source)s and p.value = %(n)s and round(p.normal, 1) = %(usual)s
        and p.change > 0
        and not exists (
            select from analytics.change_causes o
            where o.day = p.day and o.figure = p.figure and o.days = 1
                and o.dimension = 'source' and o.part is not null and o.name <> p.name
                and o.change >= p.change
        )
) and extract(isodow from %(day)s::date) = %(weekday)s

-- name: source_fewer
select exists (
    select from analytics.change_causes p
    where p.day = %(day)s and p.figure = 'new_leads' and p.days = 1 and p.dimension = 'source'
        and p.name = %(source)s and p.value = %(n)s and round(p.normal, 1) = %(usual)s
        and p.change < 0
        and not exists (
            select from analytics.change_causes o
            where o.day = p.day and o.figure = p.figure and o.days = 1
                and o.dimension = 'source' and o.part is not null and o.name <> p.name
                and o.change <= p.change
        )
) and extract(isodow from %(day)s::date) = %(weekday)s
