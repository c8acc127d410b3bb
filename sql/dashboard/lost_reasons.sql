-- grain: one row per dimension and part of it: the deals lost in the period, by value lost
-- dimension: reason, stage (the last open one on which the deal was seen), owner, source. reason:
-- '(none)' where the record gives none. main_reason: the one that most of the part's deals have, and
-- main_deals how many; null where two are as frequent. change: against the stretch before, in deals, of
-- the period's days that are over, up to whole_until, and null where none is. value: null where that of
-- none of the deals is known.

-- Deals that are the same in every dimension are one row from the start: of a large company's lost
-- deals there are a few hundred kinds.
with lost as (
    select
        is_before,
        reason,
        stage,
        owner_id,
        source,
        count(*) as deals,
        count(*) filter (where closed_day <= %(whole_until)s::date) as whole_deals,
        sum(amount) as value
    from (
        select false as is_before, l.*
        from measures.lost(%(first_day)s, %(last_day)s, %(sources)s, %(owners)s) l
        union all
        select true, l.*
        from measures.lost(%(before_first)s, %(before_last)s, %(sources)s, %(owners)s) l
    ) l
    group by is_before, reason, stage, owner_id, source
),
parts as (
    select
        l.is_before,
        l.reason as main_reason,
        l.deals,
        l.whole_deals,
        l.value,
        p.dimension,
        p.part
    from lost l
    cross join lateral (values
        ('reason', l.reason),
        ('stage', l.stage),
        ('owner', l.owner_id),
        ('source', l.source)
    ) p (dimension, part)
),
reasons as (
    select
        dimension,
        part,
        main_reason,
        sum(deals)::bigint as deals,
        row_number() over by_deals as place,
        lead(sum(deals)::bigint) over by_deals as next_deals
    from parts
    where not is_before
    group by dimension, part, main_reason
    window by_deals as (partition by dimension, part order by sum(deals) desc, main_reason)
),
counted as (
    select
        dimension,
        part,
        sum(deals) filter (where not is_before) as deals,
        sum(whole_deals) filter (where not is_before) as whole_deals,
        sum(deals) filter (where is_before) as deals_before,
        sum(value) filter (where not is_before) as value
    from parts
    group by dimension, part
)
select
    c.dimension,
    c.part,
    case when c.dimension = 'owner' then coalesce(w.owner_name, c.part) else c.part end as name,
    c.deals::bigint as deals,
    c.value,
    case when %(first_day)s::date <= %(whole_until)s::date
        then (c.whole_deals - coalesce(c.deals_before, 0))::bigint end as change,
    case when measures.stands_out(r.deals, r.next_deals) then r.main_reason end as main_reason,
    case when measures.stands_out(r.deals, r.next_deals) then r.deals end as main_deals
from counted c
join reasons r on r.dimension = c.dimension and r.part = c.part and r.place = 1
left join analytics.owners w on c.dimension = 'owner' and w.owner_id = c.part
order by c.dimension, c.value desc nulls last, name
