-- Deals won and lost: one row per month with one, by its first day, of the days, sources and owners
-- given; of all where they are null. What each column means is said in
-- sql/marts/outcomes_by_month.sql.

create function measures.outcomes(
    since date default null, until date default null, of_sources text[] default null,
    of_owners text[] default null
) returns table (
    month date, won_deals bigint, won_value numeric, lost_deals bigint, lost_value numeric,
    win_rate_by_count numeric
)
language sql stable as $$
    select
        date_trunc('month', p.day::timestamp)::date,
        sum(p.won_deals)::bigint,
        sum(p.won_value),
        sum(p.lost_deals)::bigint,
        sum(p.lost_value),
        measures.pct(sum(p.won_deals), sum(p.won_deals + p.lost_deals))
    from measures.kpi_changes(of_sources, of_owners) p
    where p.won_deals + p.lost_deals > 0
        and (since is null or p.day >= since)
        and (until is null or p.day <= until)
    group by 1
$$;
