-- grain: one row per open deal with a reason to expect less of it, or later; largest amount first
-- Those long overdue (measures.is_long_overdue) come last.
-- At most %(most)s; all_records and all_value: how many there are and their sum of Amount, all_unvalued:
-- how many are not in it.

with counted as (
    select count(*) as all_records, sum(amount) as all_value,
        count(*) filter (where measures.is_unvalued(amount)) as all_unvalued
    from analytics.slipping_deals
    where (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
)
select
    id,
    name,
    account_name,
    owner_name,
    stage,
    amount,
    closing_date,
    measures.reasons_told(reasons, closing_date, %(today)s::date) as reasons,
    times_pushed,
    days_pushed,
    amount_cut,
    days_in_stage,
    won_limit_days,
    c.all_records,
    c.all_value,
    c.all_unvalued
from analytics.slipping_deals
cross join counted c
where (%(sources)s::text[] is null or source = any(%(sources)s))
    and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
order by measures.is_long_overdue(closing_date, %(today)s::date), value desc, id
limit %(most)s
