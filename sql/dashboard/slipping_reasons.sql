-- grain: one row per reason for which open deals slip, also where none does, in a fixed order
-- A deal with two reasons is in two rows. all_*: the deals with any reason, the same on each row.

with chosen as (
    select *
    from analytics.slipping_deals
    where (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
)
select
    r.position,
    r.reason,
    count(*) filter (where r.holds) as deals,
    coalesce(sum(c.value) filter (where r.holds), 0) as value,
    count(*) as all_deals,
    sum(c.value) as all_value
from chosen c
cross join lateral (values
    (1, 'Closing date pushed', c.is_pushed),
    (2, 'Stage gone back', c.is_back),
    (3, 'Amount cut', c.is_cut),
    (4, 'Old for its stage', c.is_older),
    (5, 'Overdue', c.is_overdue)
) r (position, reason, holds)
group by r.position, r.reason
order by r.position
