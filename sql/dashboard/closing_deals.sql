-- grain: one row per open deal that is overdue or closes within 30 days, the most overdue first
-- Those long overdue (measures.is_long_overdue) come last.
-- At most %(most)s; all_records and all_value: how many there are and their sum of Amount, all_unvalued:
-- how many are not in it, all_mistyped: how many closing dates are of a mistyped year, of which the days
-- left are null.

with counted as (
    select count(*) as all_records, sum(amount) as all_value,
        count(*) filter (where measures.is_mistyped(closing_date, day)) as all_mistyped,
        count(*) filter (where measures.is_unvalued(amount)) as all_unvalued
    from analytics.closing_deals
    where (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
)
select
    name, account_name, owner_name, stage, amount, closing_date,
    case when not measures.is_mistyped(closing_date, day) then days_left end as days_left,
    is_overdue, id,
    c.all_records,
    c.all_value,
    c.all_unvalued,
    c.all_mistyped
from analytics.closing_deals
cross join counted c
where (%(sources)s::text[] is null or source = any(%(sources)s))
    and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
order by measures.is_long_overdue(closing_date, day), closing_date, amount desc nulls last, id
limit %(most)s
