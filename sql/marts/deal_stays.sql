-- grain: one row per stay of a deal in a stage, from its arrival to its next move
-- kind: incremental
-- strategy: delete+insert
-- key: id, stay
-- index: hours+stage+is_standing+outcome+came_at+left_at
-- owner: sales operations
-- What is a stay, and what its columns say: analytics.stage_stays, which adds how long it lasted.
-- That grows until now, so that it is in no table.
-- figures:
--   amount (money): Amount of the deal on arrival, null where empty
--   hours (number): whole hours that it lasted; of one that still stands, those from its arrival back to
--     1970, below 0: so that of either sort those with more hours lasted longer. Null where its beginning
--     is not known, and of deleted deals

with contents as (
    select
        id,
        version,
        stage,
        meaning,
        position,
        said_from,
        is_start_known and not coalesce(lag(is_assumed) over record, false) as is_start_known,
        is_assumed,
        is_deleted,
        source,
        owner_id,
        amount,
        closed_day,
        lag(stage) over record is distinct from stage as is_arrival,
        last_value(meaning) over whole as outcome,
        last_value(said_until) over whole as deleted_at
    from analytics.deal_history
    where said_from is not null
    window
        record as (partition by id order by version),
        whole as (record rows between unbounded preceding and unbounded following)
),
stays as (
    select
        *,
        count(*) filter (where not is_assumed) over record as stay,
        lead(id) over record is not null as is_left,
        coalesce(lead(said_from) over record, deleted_at) as left_at
    from contents
    where is_arrival
    window record as (partition by id order by version)
)
select
    id,
    stay,
    stage,
    meaning,
    position,
    said_from as came_at,
    left_at,
    is_start_known,
    is_left,
    not is_left and not is_deleted as is_standing,
    is_deleted,
    outcome,
    source,
    owner_id,
    amount,
    closed_day,
    case when is_start_known and not is_deleted
        then (extract(day from l.lasted) * 24 + extract(hour from l.lasted))::integer
    end as hours
from stays
cross join lateral (
    select case
        when is_left then greatest(left_at - said_from, interval '0')
        else timestamptz 'epoch' - said_from
    end as lasted
) l
where not is_assumed
