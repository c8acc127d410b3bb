-- grain: one row per stay of a deal in a stage, from its arrival to its next move
-- kind: view
-- owner: sales operations
-- Contents of analytics.deal_history that follow each other with one stage are one stay, whatever
-- else changed. Taken are all contents, also those that were replaced within the day, so a stage of
-- some hours is a stay if a read saw it: what came and went between two reads, nobody saw. The time
-- of a move is Modified_Time of the first content that shows it. What a deal is assumed to have
-- been before it was first seen closed is no stay, nor is a time of which its stage is not known.
-- Deleted deals are here until their deletion.
-- stay: 1 for the first. left_at: when it moved on or was deleted; null: it is still there.
-- is_left: another stage followed. is_standing: the present stay of a live deal.
-- is_start_known: false for a first stay of which it is not known since when the deal stood there;
-- came_at is then its creation, and days the most that it can have stood there.
-- outcome: what the deal's present stage means: open, won or lost.
-- owner_id: on arrival. source: as the deal says now. closed_day: of a won or lost stay, as in
-- analytics.deal_history.
-- figures:
--   days (days): from came_at to left_at, or until now; of 24 hours
--   amount (money): Amount of the deal on arrival, null where empty
--   hours (number): as in analytics.deal_stays

select
    id,
    stay,
    stage,
    meaning,
    position,
    came_at,
    left_at,
    is_start_known,
    is_left,
    is_standing,
    is_deleted,
    crm.days_between(came_at, coalesce(left_at, now())) as days,
    outcome,
    source,
    owner_id,
    amount,
    closed_day,
    hours
from analytics.deal_stays
