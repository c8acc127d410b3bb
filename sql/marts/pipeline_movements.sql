-- grain: one row per movement of a deal into, within or out of the open pipeline
-- kind: incremental
-- strategy: delete+insert
-- index: day
-- owner: sales operations
-- The open pipeline at the end of one day, and all movements of the days after it up to another,
-- sum to the open pipeline at the end of that other day: as counts, value and weighted value, in
-- all, by source and by owner. Compared are the contents that a deal had at the ends of days
-- (analytics.deal_history); what came and went within a day moves nothing.
-- kind: opened (a new deal), reopened (a closed one), added and cut (its amount went up or down),
-- moved (only its probability changed, mostly by its stage), handed over (one row takes it from the
-- old owner, one gives it to the new), won, lost, deleted. A deal is won and lost on its closed_day.
-- One whose amount changes as it closes, or is corrected later, is first brought to that amount, so
-- won is the value that was won.
-- stage: where it stands after the movement; for a deleted deal, where it stood.
-- source: as the deal says now.
-- figures:
--   deals (count): 1, -1 or 0: the deals that the movement adds
--   value (money): Amount that the movement adds; negative where it takes away
--   weighted_value (money): Amount times probability that it adds; negative where it takes away

with held as (
    select
        *,
        count(*) filter (where meaning is distinct from meaning_before) over record as turn
    from (
        select *, lag(meaning) over (partition by id order by from_day) as meaning_before
        from analytics.deal_history
        where until_day is null or from_day < until_day
    ) h
    window record as (partition by id order by from_day)
),
ends as (
    select
        id,
        from_day,
        until_day,
        source,
        owner_id,
        lag(owner_id) over record as owner_before,
        stage,
        meaning,
        meaning_before,
        coalesce(case when meaning = 'open' then amount else last_value(amount) over turned end, 0)
            as value,
        lag(coalesce(amount, 0)) over record as value_before,
        weighted_amount as weighted,
        lag(weighted_amount) over record as weighted_before,
        lead(id) over record is null as is_last
    from held
    window
        record as (partition by id order by from_day),
        turned as (
            partition by id, turn order by from_day
            rows between unbounded preceding and unbounded following
        )
),
changes as (
    select
        *,
        meaning = 'open' as is_open,
        meaning_before is not distinct from 'open' as was_open,
        meaning_before is null as is_new,
        case when value > value_before then 'added' else 'cut' end as direction
    from ends
),
movements (day, id, kind, source, owner_id, stage, deals, value, weighted_value) as (
    select from_day, id, case when is_new then 'opened' else 'reopened' end, source, owner_id,
        stage, 1, value, weighted
    from changes
    where is_open and not was_open
    union all
    select from_day, id, 'handed over', source, p.owner_id,
        stage, p.sign, p.sign * value_before, p.sign * weighted_before
    from changes c
    cross join lateral (values (c.owner_before, -1), (c.owner_id, 1)) p (owner_id, sign)
    where is_open and was_open and c.owner_id <> owner_before
    union all
    select from_day, id, direction, source, owner_id,
        stage, 0, value - value_before, weighted - weighted_before
    from changes
    where is_open and was_open and value <> value_before
    union all
    select from_day, id, 'moved', source, owner_id, stage, 0, 0, weighted - weighted_before
    from changes
    where is_open and was_open and value = value_before and weighted <> weighted_before
    union all
    select from_day, id, direction, source, owner_before, stage, 0, value - value_before, 0
    from changes
    where was_open and not is_open and value <> value_before
    union all
    select from_day, id, meaning, source, owner_before, stage, -1, -value, -weighted_before
    from changes
    where was_open and not is_open
    union all
    select until_day, id, 'deleted', source, owner_id, stage, -1, -value, -weighted
    from changes
    where is_last and until_day is not null and is_open
)
select
    m.day,
    m.id,
    m.kind,
    m.source,
    m.owner_id,
    coalesce(w.owner_name, m.owner_id) as owner_name,
    m.stage,
    m.deals,
    m.value,
    m.weighted_value
from movements m
left join analytics.owners w on w.owner_id = m.owner_id
