-- grain: one row per owner with deals that are open now or closed in the period, highest open value first
-- Won and lost: in the period; *_before and *_change: against the stretch before, of the period's days
-- that are over, up to whole_until, and null where none is. Open: now.
-- all_*: over all owners, whatever the filter for owners, the same on each row.

with reps as (
    select
        r.*,
        case when not c.is_of_nothing then coalesce(w.won_value, 0) - coalesce(b.won_value, 0) end
            as won_value_change,
        w.win_rate_by_count - b.win_rate_by_count as win_rate_change,
        case when not c.is_of_nothing then coalesce(b.won_value, 0) end as won_value_before,
        b.win_rate_by_count as win_rate_before,
        measures.pct(sum(r.won_deals) over (), sum(r.closed_deals) over ()) as all_win_rate
    from measures.reps(
        %(first_day)s, %(last_day)s, %(sources)s, null, %(today)s
    ) r
    left join measures.reps(%(first_day)s, %(whole_until)s, %(sources)s) w using (owner_id)
    left join measures.reps(%(before_first)s, %(before_last)s, %(sources)s) b using (owner_id)
    cross join (select %(whole_until)s::date < %(first_day)s::date as is_of_nothing) c
)
select
    r.owner_id,
    coalesce(w.owner_name, r.owner_id) as owner_name,
    r.open_deals,
    r.open_value,
    r.weighted_value,
    r.won_deals,
    r.won_value,
    r.lost_deals,
    r.lost_value,
    r.closed_deals,
    r.won_value_before,
    r.won_value_change,
    r.win_rate_by_count,
    r.win_rate_by_value,
    r.win_rate_before,
    r.win_rate_change,
    r.win_rate_low,
    r.win_rate_high,
    r.too_few,
    r.all_win_rate
from reps r
left join analytics.owners w on w.owner_id = r.owner_id
where (%(owners)s::text[] is null or r.owner_id = any(%(owners)s))
    and (r.open_deals > 0 or r.closed_deals > 0)
order by open_value desc, owner_name, r.owner_id
