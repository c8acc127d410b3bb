-- grain: one row per owner with deals, highest open value first
-- all_*: over all owners together, the same on each row.

select
    owner_id,
    owner_name,
    open_deals,
    open_value,
    weighted_value,
    won_deals,
    won_value,
    lost_deals,
    closed_deals,
    win_rate_by_count,
    win_rate_low,
    win_rate_high,
    too_few,
    sum(closed_deals) over () as all_closed_deals,
    round(100.0 * sum(won_deals) over () / nullif(sum(closed_deals) over (), 0), 2) as all_win_rate
from analytics.rep_matrix
where open_deals > 0 or closed_deals > 0
order by open_value desc, owner_name
