-- grain: one row per kind of record, whether it is open, what its past is known by, and since when
-- kind: incremental
-- strategy: merge
-- key: entity, is_open, known_by, known_from
-- owner: sales operations
-- Live leads and deals by how much of what they said is known (analytics.deal_history and
-- analytics.lead_history): known_from is the day from which on all of it is, which is the day of
-- their creation where nothing had to be assumed.
-- entity: lead or deal. is_open: a deal neither won nor lost, a lead of an open or qualified status.
-- known_by: watched (all of it was read here day by day), zoho_history (with what Zoho's own history
-- told), assumed (what was before known_from is not known).
-- figures:
--   records (count): live records
--   value (money, Deals): sum of Amount of the open deals; 0 for all others

with contents as (
    select
        'deal' as entity, id, from_day, until_day, known_by, known_from,
        is_present and meaning = 'open' as is_open, amount
    from analytics.deal_history
    where not is_deleted
    union all
    select
        'lead', id, from_day, until_day, known_by, known_from,
        is_present and meaning in ('open', 'qualified'), 0
    from analytics.lead_history
    where not is_deleted
),
records as (
    select
        entity,
        id,
        bool_or(is_open) as is_open,
        bool_or(known_by = 'zoho_history') as is_told,
        coalesce(sum(amount) filter (where is_open), 0) as value,
        min(from_day) as first_day,
        -- The end of the last time of which something is assumed.
        max(coalesce(known_from, until_day)) filter (
            where measures.is_assumed(from_day, until_day, known_from)
        ) as assumed_until
    from contents
    group by entity, id
)
select
    entity,
    is_open,
    case
        when assumed_until > first_day then 'assumed'
        when is_told then 'zoho_history'
        else 'watched'
    end as known_by,
    greatest(first_day, assumed_until) as known_from,
    count(*) as records,
    sum(value) as value
from records
group by 1, 2, 3, 4
