-- grain: one row per deal lost in the period for the reason, the largest first, at most %(most)s
-- reason and stage as in lost_reasons. all_records and all_value: how many there are and their sum,
-- all_unvalued: how many are not in it.

select
    id,
    name,
    account_name,
    reason,
    stage,
    amount,
    closed_day,
    owner_name,
    source,
    count(*) over () as all_records,
    sum(amount) over () as all_value,
    count(*) filter (where measures.is_unvalued(amount)) over () as all_unvalued
from measures.lost(%(first_day)s, %(last_day)s, %(sources)s, %(owners)s)
where (%(reason)s::text is null or reason = %(reason)s)
    and (%(stages)s::text[] is null or stage = any(%(stages)s))
order by amount desc nulls last, id
limit %(most)s
