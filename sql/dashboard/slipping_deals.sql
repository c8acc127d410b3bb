-- grain: one row per open deal with a reason to expect less of it, or later; largest amount first

select
    id,
    name,
    account_name,
    owner_name,
    stage,
    amount,
    closing_date,
    reasons,
    times_pushed,
    days_pushed,
    amount_cut,
    days_in_stage,
    won_limit_days
from analytics.slipping_deals
where (%(sources)s::text[] is null or source = any(%(sources)s))
    and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
order by value desc, id
