-- stances: load_high
-- Of ten overdue deals or more, at least half with two owners, of four or more who have open deals.
-- Nobody is named.

with open_deals as (
    select owner_id, closing_date <= %(day)s as is_overdue
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and owner_id <> '(none)'
),
owners as (
    select
        count(*) filter (where is_overdue) as overdue,
        row_number() over (order by count(*) filter (where is_overdue) desc, owner_id) as rank
    from open_deals
    group by owner_id
)
select
    'load_high' as stance,
    '' as subject,
    %(day)s::date as first_day,
    0::numeric as weight,
    sum(overdue) filter (where rank <= 2) as n,
    sum(overdue) as "of"
from owners
having sum(overdue) >= 10
    and 2 * sum(overdue) filter (where rank <= 2) >= sum(overdue)
    and measures.stands_out(
        min(overdue) filter (where rank = 2), min(overdue) filter (where rank = 3), count(*), 4
    )
