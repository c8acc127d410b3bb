-- Whether a win that is printed was one; see glance.sql.

-- name: won
select exists (
    select from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.id = %(subject)s and h.is_present and not h.is_deleted
        and h.meaning = 'won' and h.closed_day = %(day)s
        and h.name = %(deal)s and h.amount is not distinct from %(money)s
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
        and (%(source)s is null or h.source = %(source)s)
)

-- name: won_largest_month
select %(money)s > 0 and (
    select count(*) >= 5 from analytics.deals
    where meaning = 'won' and closed_day between date_trunc('month', %(day)s::date) and %(day)s
) and not exists (
    select from analytics.deal_history h
    where h.is_present and not h.is_deleted and h.meaning = 'won' and h.id <> %(subject)s
        and to_char(h.closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
        and h.closed_day <= %(day)s and h.amount >= %(money)s
) and exists (
    select from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.id = %(subject)s and h.is_present and not h.is_deleted
        and h.meaning = 'won' and h.closed_day = %(day)s
        and h.name = %(deal)s and h.amount = %(money)s
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
        and (%(source)s is null or h.source = %(source)s)
)

-- name: won_after_gap
select (
    select array_agg(h.id) = array[%(subject)s] and bool_and(
        h.name = %(deal)s and h.amount is not distinct from %(money)s
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
        and (%(source)s is null or h.source = %(source)s))
    from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.is_present and not h.is_deleted and h.meaning = 'won' and h.closed_day = %(day)s
) and %(days)s >= 3 and %(days)s = (
    select %(day)s::date - max(closed_day)
    from analytics.deals
    where meaning = 'won' and closed_day < %(day)s
)

-- name: won_repeat
select exists (
    select from analytics.deal_history h
    left join analytics.owners o using (owner_id)
    where h.id = %(subject)s and h.is_present and not h.is_deleted
        and h.meaning = 'won' and h.closed_day = %(day)s
        and h.name = %(deal)s and h.amount is not distinct from %(money)s
        and coalesce(o.owner_name = %(owner)s, %(owner)s is null or h.owner_id = %(owner)s)
        and (%(source)s is null or h.source = %(source)s)
        and %(before)s > 0 and %(before)s = (
            select count(*) from analytics.deal_history e
            where e.is_present and not e.is_deleted and e.meaning = 'won'
                and e.account_id = h.account_id and h.closed_day > e.closed_day
        )
)

-- name: won_many
select count(*) = %(n)s and count(*) >= 3 and sum(amount) is not distinct from %(money)s
    and (%(deal)s is null or (
        count(*) filter (where name = %(deal)s and amount = %(deal_money)s) = 1
        and max(amount) = %(deal_money)s
        and count(*) filter (where amount = %(deal_money)s) = 1))
from analytics.deal_history
where is_present and not is_deleted and meaning = 'won' and closed_day = %(day)s
