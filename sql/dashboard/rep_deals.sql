-- grain: one row per owner with deals that are open now or closed in the period, highest open value first
-- Won and lost: in the period; *_before and *_change: against the stretch before, of the period's days
-- that are over, up to whole_until, and null where none is. Open: now.
-- A value is null where there are deals and that of none is known.
-- all_*: over all owners, whatever the filter for owners, the same on each row.

with reps as (
    select
        r.*,
        case when not c.is_of_nothing then coalesce(w.won_value, 0) - coalesce(b.won_value, 0) end
            as won_value_change,
        w.win_rate_by_count - b.win_rate_by_count as win_rate_change,
        case when not c.is_of_nothing then coalesce(b.won_value, 0) end as won_value_before,
        coalesce(b.won_deals, 0) as won_deals_before,
        b.win_rate_by_count as win_rate_before,
        measures.pct(sum(r.won_deals) over (), sum(r.closed_deals) over ()) as all_win_rate
    from measures.reps(
        %(first_day)s, %(last_day)s, %(sources)s, null, 'infinity'
    ) r
    left join measures.reps(%(first_day)s, %(whole_until)s, %(sources)s) w using (owner_id)
    left join measures.reps(%(before_first)s, %(before_last)s, %(sources)s) b using (owner_id)
    cross join (select %(whole_until)s::date < %(first_day)s::date as is_of_nothing) c
)
select
    r.owner_id,
    coalesce(w.owner_name, r.owner_id) as owner_name,
    r.open_deals,
    v.open_value,
    case when v.open_value is not null then r.weighted_value end as weighted_value,
    r.won_deals,
    v.won_value,
    r.lost_deals,
    v.lost_value,
    r.closed_deals,
    v.won_value_before,
    case when v.won_value is not null and v.won_value_before is not null
        then r.won_value_change end as won_value_change,
    r.win_rate_by_count,
    measures.share_of_value(v.won_value, v.won_value + v.lost_value) as win_rate_by_value,
    r.win_rate_before,
    r.win_rate_change,
    r.win_rate_low,
    r.win_rate_high,
    r.too_few,
    r.all_win_rate
from reps r
left join analytics.owners w on w.owner_id = r.owner_id
cross join lateral (
    select
        measures.known_value(r.open_value, r.open_deals, (
            select k.open_value
            from measures.open_values('infinity', null, %(sources)s, array[r.owner_id]) k
        )) as open_value,
        measures.known_value(r.won_value, r.won_deals, (
            select k.won_value
            from measures.closed_values(
                %(first_day)s, %(last_day)s, %(sources)s, array[r.owner_id]
            ) k
        )) as won_value,
        measures.known_value(r.lost_value, r.lost_deals, (
            select k.lost_value
            from measures.closed_values(
                %(first_day)s, %(last_day)s, %(sources)s, array[r.owner_id]
            ) k
        )) as lost_value,
        measures.known_value(r.won_value_before, r.won_deals_before, (
            select k.won_value
            from measures.closed_values(
                %(before_first)s, %(before_last)s, %(sources)s, array[r.owner_id]
            ) k
        )) as won_value_before
) v
where (%(owners)s::text[] is null or r.owner_id = any(%(owners)s))
    and (r.open_deals > 0 or r.closed_deals > 0)
order by v.open_value desc nulls last, owner_name, r.owner_id
