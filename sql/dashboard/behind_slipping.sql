-- grain: one row per open deal that slips for the reason, the largest first, at most %(most)s
-- all_records and all_value: how many there are and their sum, all_unvalued: how many are not in it.

with chosen as not materialized (
    select *
    from analytics.slipping_deals
    where case %(reason)s
            when 'Closing date pushed' then is_pushed
            when 'Moved back a stage' then is_back
            when 'Amount cut' then is_cut
            when 'Old for its stage' then is_older
            when 'Overdue' then is_overdue
        end
        and (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
)
select
    id,
    name,
    account_name,
    stage,
    amount,
    closing_date,
    measures.reasons_told(reasons, closing_date, %(today)s::date) as reasons,
    owner_name,
    source,
    c.all_records,
    c.all_value,
    c.all_unvalued
from chosen
cross join (
    select
        count(*) as all_records,
        sum(value) as all_value,
        count(*) filter (where measures.is_unvalued(amount)) as all_unvalued
    from chosen
) c
order by value desc, id
limit %(most)s
