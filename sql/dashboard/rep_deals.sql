-- grain: one row per owner with deals that are open or closed in the period, highest open value first
-- Of all time and sources they are the figures of analytics.rep_matrix, which says what they mean.
-- all_*: over all owners in the list together, the same on each row.

with open_deals as (
    select
        owner_id,
        count(*) as open_deals,
        coalesce(sum(amount), 0) as open_value,
        sum(weighted_amount) as weighted_value
    from analytics.deals
    where meaning = 'open'
        and (%(sources)s::text[] is null or source = any(%(sources)s))
    group by owner_id
),
closed_deals as (
    select
        owner_id,
        sum(won_deals)::bigint as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals)::bigint as lost_deals,
        sum(lost_value) as lost_value,
        sum(won_deals + lost_deals)::bigint as closed_deals
    from analytics.kpi_parts
    where (%(first_day)s::date is null or day >= %(first_day)s)
        and (%(last_day)s::date is null or day <= %(last_day)s)
        and (%(sources)s::text[] is null or source = any(%(sources)s))
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
        coalesce(c.closed_deals, 0) as closed_deals
    from open_deals o
    full join closed_deals c using (owner_id)
    where (o.open_deals > 0 or c.closed_deals > 0)
        and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
)
select
    r.*,
    coalesce(w.owner_name, r.owner_id) as owner_name,
    measures.pct(won_deals, closed_deals) as win_rate_by_count,
    measures.pct(won_value, won_value + lost_value) as win_rate_by_value,
    measures.win_rate_bound(won_deals, closed_deals, -1) as win_rate_low,
    measures.win_rate_bound(won_deals, closed_deals, 1) as win_rate_high,
    measures.is_too_few(closed_deals) as too_few,
    sum(closed_deals) over () as all_closed_deals,
    measures.pct(sum(won_deals) over (), sum(closed_deals) over ()) as all_win_rate
from reps r
left join analytics.owners w on w.owner_id = r.owner_id
order by open_value desc, owner_name, r.owner_id
