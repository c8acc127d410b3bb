-- grain: one row per dimension and part of it: the deals lost in the period, by value lost
-- dimension: reason, stage (the last open one on which the deal was seen), owner, source. reason:
-- '(none)' where the record gives none. main_reason: the one that most of the part's deals have, and
-- main_deals how many; null where two are as frequent. change: against the stretch before, in deals.

with lost as (
    select false as is_before, l.*
    from measures.lost(%(first_day)s, %(last_day)s, %(sources)s, %(owners)s) l
    union all
    select true, l.*
    from measures.lost(%(before_first)s, %(before_last)s, %(sources)s, %(owners)s) l
),
parts as (
    select l.is_before, l.reason as main_reason, l.amount, p.dimension, p.part, p.name
    from lost l
    cross join lateral (values
        ('reason', l.reason, l.reason),
        ('stage', l.stage, l.stage),
        ('owner', l.owner_id, l.owner_name),
        ('source', l.source, l.source)
    ) p (dimension, part, name)
),
reasons as (
    select
        dimension,
        part,
        main_reason,
        count(*) as deals,
        row_number() over by_deals as place,
        lead(count(*)) over by_deals as next_deals
    from parts
    where not is_before
    group by dimension, part, main_reason
    window by_deals as (partition by dimension, part order by count(*) desc, main_reason)
)
select
    p.dimension,
    p.part,
    max(p.name) as name,
    count(*) filter (where not p.is_before) as deals,
    coalesce(sum(p.amount) filter (where not p.is_before), 0) as value,
    count(*) filter (where not p.is_before) - count(*) filter (where p.is_before) as change,
    case when measures.stands_out(r.deals, r.next_deals) then r.main_reason end as main_reason,
    case when measures.stands_out(r.deals, r.next_deals) then r.deals end as main_deals
from parts p
join reasons r on r.dimension = p.dimension and r.part = p.part and r.place = 1
group by p.dimension, p.part, r.main_reason, r.deals, r.next_deals
order by p.dimension, value desc, name
