-- Reps who have closed a deal or have one open, by name and never by a figure. The rate is shown
-- with its interval, and not at all where too few deals are closed. won_value: null where that of none of
-- the deals is known.

select
    owner_name,
    open_deals,
    closed_deals,
    won_deals,
    measures.known_value(won_value, won_deals, (
        select v.won_value
        from measures.closed_values('-infinity', 'infinity', null, array[owner_id]) v
    )) as won_value,
    win_rate_by_count as win_rate_pct,
    win_rate_low as low_pct,
    win_rate_high as high_pct,
    too_few
from analytics.rep_matrix
where open_deals > 0 or closed_deals > 0
order by owner_name, owner_id
