-- grain: one row per move of a deal from one stage to another
-- kind: table
-- key: id, move
-- owner: sales operations
-- Between two stays of analytics.stage_stays lies a move: every one that a read saw, also several
-- on one day, so more than the movements between the ends of days in analytics.pipeline_movements.
-- A deal first seen closed has no move: its way there is not known. Deleted deals made their moves
-- (is_deleted). move: 1 for the first. moved_at: Modified_Time of the content that first shows the
-- new stage; day: its day in the organisation's time zone, for won and lost the day the deal closed.
-- direction: won or lost (into such a stage, from any other meaning), reopened (from a closed stage
-- to an open one), forward or back (between open stages, by position), level (between open stages
-- of one position, or closed ones of one meaning).
-- is_start_known: whether days_before is exact; else it is the most that it can be.
-- owner_id: as after the move. source: as the deal says now.
-- figures:
--   days_before (days): days that the deal stood in from_stage before the move
--   amount (money): Amount of the deal after the move, null where empty

with moves as (
    select
        *,
        lag(stage) over record as from_stage,
        lag(meaning) over record as from_meaning,
        lag(position) over record as from_position,
        lag(days) over record as days_before,
        lag(is_start_known) over record as is_known_before
    from analytics.stage_stays
    window record as (partition by id order by stay)
)
select
    case
        when m.meaning in ('won', 'lost') and m.meaning <> m.from_meaning then m.closed_day
        else (m.came_at at time zone o.timezone)::date
    end as day,
    m.id,
    m.stay - 1 as move,
    m.came_at as moved_at,
    m.from_stage,
    m.stage as to_stage,
    m.from_meaning,
    m.meaning as to_meaning,
    m.from_position,
    m.position as to_position,
    case
        when m.meaning in ('won', 'lost') and m.meaning <> m.from_meaning then m.meaning
        when m.meaning in ('won', 'lost') then 'level'
        when m.from_meaning in ('won', 'lost') then 'reopened'
        when m.position > m.from_position then 'forward'
        when m.position < m.from_position then 'back'
        else 'level'
    end as direction,
    m.days_before,
    m.is_known_before as is_start_known,
    m.owner_id,
    coalesce(w.owner_name, m.owner_id) as owner_name,
    m.source,
    m.amount,
    m.is_deleted
from moves m
join crm.organisation o on o.singleton
left join analytics.owners w on w.owner_id = m.owner_id
where m.stay > 1
