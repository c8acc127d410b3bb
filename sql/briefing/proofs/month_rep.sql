-- Whether a rep has won the most in the month; see glance.sql.

-- name: rep_most_month
with reps as (
    select h.owner_id, sum(h.amount) as money, count(*) filter (where h.amount > 0) as wins
    from analytics.deal_history h
    where h.is_present and not h.is_deleted and h.meaning = 'won' and h.closed_day <= %(day)s
        and to_char(h.closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
        and h.owner_id <> '(none)'
    group by h.owner_id
)
select (select money from reps where owner_id = %(subject)s) = %(money)s
    and not exists (select from reps where owner_id <> %(subject)s and money >= %(money)s)
    and (select count(*) > 1 and sum(wins) > 4 from reps where money > 0)
    and coalesce(
        (select owner_name from analytics.owners where owner_id = %(subject)s), %(subject)s
    ) = %(owner)s
