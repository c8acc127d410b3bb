-- grain: one row per stay of a deal in a stage, from its arrival to its next move
-- kind: incremental
-- strategy: delete+insert
-- key: id, stay
-- owner: sales operations
-- Contents of analytics.deal_history that follow each other with one stage are one stay, whatever
-- else changed. Taken are all contents, also those that were replaced within the day, so a stage of
-- some hours is a stay if a read saw it: what came and went between two reads, nobody saw. The time
-- of a move is Modified_Time of the first content that shows it. What a deal is assumed to have
-- been before it was first seen closed is no stay, nor is a time of which its stage is not known.
-- Deleted deals are here until their deletion.
-- stay: 1 for the first. left_at: when it moved on or was deleted; null: it still stands there.
-- is_left: another stage followed. is_standing: the present stay of a live deal.
-- is_start_known: false for a first stay of which it is not known since when the deal stood there;
-- came_at is then its creation. How long it stood there: analytics.stage_stays.
-- outcome: what the deal's present stage means: open, won or lost.
-- owner_id: on arrival. source: as the deal says now. closed_day: of a won or lost stay, as in
-- analytics.deal_history.
-- figures:
--   amount (money): Amount of the deal on arrival, null where empty

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
    closed_day
from stays
where not is_assumed
