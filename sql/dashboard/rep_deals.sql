-- grain: one row per owner with deals that are open now or closed in the period, highest open value first
-- Won and lost: in the period; *_before and *_change: against the stretch before. Open: now.
-- all_*: over all owners, whatever the filter for owners, the same on each row.

with stretches (is_before, first_day, last_day) as (
    values
        (false, %(first_day)s::date, %(last_day)s::date),
        (true, %(before_first)s::date, %(before_last)s::date)
),
closed as (
    select
        s.is_before,
        p.owner_id,
        sum(p.won_deals) as won_deals,
        sum(p.won_value) as won_value,
        sum(p.lost_deals) as lost_deals,
        sum(p.lost_value) as lost_value,
        sum(p.won_deals + p.lost_deals) as closed_deals
    from stretches s
    cross join lateral measures.period(s.first_day, s.last_day, %(sources)s) p
    group by s.is_before, p.owner_id
),
open_deals as (
    select
        owner_id,
        sum(open_deals) as open_deals,
        sum(open_value) as open_value,
        sum(weighted_value) as weighted_value
    from measures.open_deals(%(today)s::date, %(sources)s)
    group by owner_id
),
reps as (
    select
        owner_id,
        coalesce(o.open_deals, 0) as open_deals,
        coalesce(o.open_value, 0) as open_value,
        coalesce(o.weighted_value, 0) as weighted_value,
        coalesce(c.won_deals, 0) as won_deals,
        coalesce(c.won_value, 0) as won_value,
        coalesce(c.lost_deals, 0) as lost_deals,
        coalesce(c.lost_value, 0) as lost_value,
        coalesce(c.closed_deals, 0) as closed_deals,
        coalesce(b.won_value, 0) as won_value_before,
        measures.pct(b.won_deals, b.closed_deals) as win_rate_before
    from open_deals o
    full join (select * from closed where not is_before) c using (owner_id)
    full join (select * from closed where is_before) b using (owner_id)
),
rated as (
    select
        *,
        measures.pct(won_deals, closed_deals) as win_rate_by_count,
        measures.pct(sum(won_deals) over (), sum(closed_deals) over ()) as all_win_rate
    from reps
)
select
    r.*,
    coalesce(w.owner_name, r.owner_id) as owner_name,
    won_value - won_value_before as won_value_change,
    win_rate_by_count - win_rate_before as win_rate_change,
    measures.pct(won_value, won_value + lost_value) as win_rate_by_value,
    measures.win_rate_bound(won_deals, closed_deals, -1) as win_rate_low,
    measures.win_rate_bound(won_deals, closed_deals, 1) as win_rate_high,
    measures.is_too_few(closed_deals) as too_few
from rated r
left join analytics.owners w on w.owner_id = r.owner_id
where (%(owners)s::text[] is null or r.owner_id = any(%(owners)s))
    and (r.open_deals > 0 or r.closed_deals > 0)
order by open_value desc, owner_name, r.owner_id
