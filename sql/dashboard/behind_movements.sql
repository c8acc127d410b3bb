-- grain: one row per movement of the open pipeline in the days given, the largest first, at most %(most)s
-- kinds: null for all. all_records: how many movements; all_value: what they add together. name: as
-- the deal says now.

with listed as (
    select
        m.*,
        count(*) over () as all_records,
        sum(m.value) over () as all_value
    from analytics.pipeline_movements m
    where (%(first_day)s::date is null or m.day >= %(first_day)s)
        and (%(last_day)s::date is null or m.day <= %(last_day)s)
        and (%(sources)s::text[] is null or m.source = any(%(sources)s))
        and (%(owners)s::text[] is null or m.owner_id = any(%(owners)s))
        and (%(stages)s::text[] is null or m.stage = any(%(stages)s))
        and (%(kinds)s::text[] is null or m.kind = any(%(kinds)s))
    order by abs(m.value) desc, m.day desc, m.id
    limit %(most)s
)
select
    m.id,
    h.name,
    h.account_name,
    m.day,
    m.kind,
    m.value as moved,
    m.stage,
    m.owner_name,
    m.source,
    m.all_records,
    m.all_value
from listed m
left join analytics.deal_history h on h.id = m.id and h.is_present
order by abs(m.value) desc, m.day desc, m.id
