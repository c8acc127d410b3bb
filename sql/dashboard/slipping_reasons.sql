-- grain: one row per reason for which open deals slip, also where none does, in a fixed order
-- A deal with two reasons is in two rows. all_*: the deals with any reason, the same on each row.
-- Values are null where there are deals and that of none is known.

with chosen as (
    select
        count(*) as all_deals,
        sum(amount) as all_value,
        count(*) filter (where is_pushed) as pushed,
        sum(amount) filter (where is_pushed) as pushed_value,
        count(*) filter (where is_back) as back,
        sum(amount) filter (where is_back) as back_value,
        count(*) filter (where is_cut) as cut,
        sum(amount) filter (where is_cut) as cut_value,
        count(*) filter (where is_older) as older,
        sum(amount) filter (where is_older) as older_value,
        count(*) filter (where is_overdue) as overdue,
        sum(amount) filter (where is_overdue) as overdue_value
    from analytics.slipping_deals
    where (%(sources)s::text[] is null or source = any(%(sources)s))
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
    having count(*) > 0
)
select
    r.position,
    r.reason,
    r.deals,
    measures.known_value(coalesce(r.value, 0), r.deals, r.value) as value,
    c.all_deals,
    c.all_value
from chosen c
cross join lateral (values
    (1, 'Closing date pushed', c.pushed, c.pushed_value),
    (2, 'Moved back a stage', c.back, c.back_value),
    (3, 'Amount cut', c.cut, c.cut_value),
    (4, 'Old for its stage', c.older, c.older_value),
    (5, 'Overdue', c.overdue, c.overdue_value)
) r (position, reason, deals, value)
order by r.position
