-- Whether a new deal that is printed is the largest of the day; see glance.sql.

-- name: opened
select exists (
    select from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.id = %(subject)s and h.meaning = 'open'
        and daterange(h.from_day, h.until_day) @> %(day)s::date
        and h.day = %(day)s and h.name = %(deal)s and h.amount = %(money)s and h.amount > 0
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
) and not exists (
    select from analytics.deal_history
    where day = %(day)s and id <> %(subject)s and amount >= %(money)s and meaning = 'open'
        and daterange(from_day, until_day) @> %(day)s::date
)

-- name: opened_large
select exists (
    select from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.id = %(subject)s and h.meaning = 'open'
        and daterange(h.from_day, h.until_day) @> %(day)s::date
        and h.day = %(day)s and h.name = %(deal)s and h.amount = %(money)s
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
) and (
    select count(*) = %(of)s and count(*) >= 20 and avg((amount < %(money)s)::int) >= 0.9
    from analytics.deal_history
    where day < %(day)s and day >= %(day)s::date - 90 and amount > 0
        and daterange(from_day, until_day) @> %(day)s::date
)

-- name: opened_next
with new as (
    select h.id, h.name, h.amount, coalesce(o.owner_name, h.owner_id) as owner
    from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.day = %(day)s and h.meaning = 'open' and h.amount > 0
        and daterange(h.from_day, h.until_day) @> %(day)s::date
)
select (select array_agg(amount order by amount desc) from new where amount >= %(money)s)
        = array[(select max(amount) from new), %(money)s]
    and (select max(amount) from new) > %(money)s
    and exists (
        select from new
        where id = %(subject)s and name = %(deal)s and amount = %(money)s
            and coalesce(owner = %(owner)s, %(owner)s is null)
    )
    and 50 * %(money)s > (
        select sum(amount) from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    )
