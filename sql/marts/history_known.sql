-- grain: one row per kind of record, of the open ones and of all, and what their past is known by
-- kind: table
-- key: entity, scope, known_by
-- owner: sales operations
-- How far back it is known what records said, and for what share of them. entity: deal, lead, or all
-- of both. scope: open, or all. known_by: as in analytics.history_parts; the shares of a scope sum to
-- 100.
-- known_from: watched and zoho_history: the day on which the oldest of them was created, all of their
-- past is known; assumed: the day from which on that of each of them is.
-- figures:
--   records (count): live records
--   records_pct (percent): of the records of the entity and scope
--   value (money, Deals): sum of Amount of the open deals
--   value_pct (percent, Deals): of the open value

with parts as (
    select e.entity, s.scope, p.known_by, p.known_from, p.records, p.value
    from analytics.history_parts p
    cross join lateral (values (p.entity), ('all')) e (entity)
    cross join lateral (values ('open'), ('all')) s (scope)
    where s.scope = 'all' or p.is_open
),
sums as (
    select
        entity,
        scope,
        known_by,
        case known_by when 'assumed' then max(known_from) else min(known_from) end as known_from,
        sum(records)::bigint as records,
        sum(value) as value
    from parts
    group by entity, scope, known_by
)
select
    entity,
    scope,
    known_by,
    known_from,
    records,
    measures.pct(records, sum(records) over whole) as records_pct,
    value,
    measures.pct(value, sum(value) over whole) as value_pct
from sums
window whole as (partition by entity, scope)
