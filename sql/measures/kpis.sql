-- What each day brought and changed, of the sources and owners given; of all where those are null. The
-- columns are those of analytics.kpi_parts, summed.
create function measures.kpi_changes(
    of_sources text[] default null, of_owners text[] default null
) returns table (
    day date, new_leads numeric, won_deals numeric, won_value numeric, lost_deals numeric,
    lost_value numeric, leads_change numeric, junk_leads_change numeric,
    open_deals_change numeric, open_value_change numeric, weighted_value_change numeric,
    unweighted_deals_change numeric, unconverted_deals_change numeric,
    assumed_deals_change numeric, assumed_value_change numeric
)
language sql stable as $$
    select
        d.day,
        d.new_leads,
        d.won_deals,
        d.won_value,
        d.lost_deals,
        d.lost_value,
        d.leads_change,
        d.junk_leads_change,
        d.open_deals_change,
        d.open_value_change,
        d.weighted_value_change,
        d.unweighted_deals_change,
        d.unconverted_deals_change,
        d.assumed_deals_change,
        d.assumed_value_change
    from analytics.kpi_days d
    where of_sources is null and of_owners is null
    union all
    select
        p.day,
        sum(p.new_leads),
        sum(p.won_deals),
        sum(p.won_value),
        sum(p.lost_deals),
        sum(p.lost_value),
        sum(p.leads_change),
        sum(p.junk_leads_change),
        sum(p.open_deals_change),
        sum(p.open_value_change),
        sum(p.weighted_value_change),
        sum(p.unweighted_deals_change),
        sum(p.unconverted_deals_change),
        sum(p.assumed_deals_change),
        sum(p.assumed_value_change)
    from analytics.kpi_parts p
    where p.day is not null
        and coalesce(of_sources, of_owners) is not null
        and (of_sources is null or p.source = any(of_sources))
        and (of_owners is null or p.owner_id = any(of_owners))
    group by p.day
$$;

-- The KPIs of the days from `since` to `until`, both included, of the sources and owners given; of
-- all where those are null. What each column means is said in sql/marts/kpis.sql.
-- Flows are those of the day; stocks are all that came less all that went up to its end. The mean
-- is of the seven whole days before.

create function measures.kpis(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (
    day date, new_leads bigint, new_leads_avg_7d numeric, junk_pct numeric, open_deals bigint,
    open_pipeline_value numeric, weighted_pipeline_value numeric, won_deals bigint,
    won_value numeric, lost_deals bigint, leads bigint, junk_leads bigint, lost_value numeric,
    unweighted_deals bigint, unconverted_deals bigint
)
language sql stable as $$
    with parts as (
        select * from measures.kpi_changes(of_sources, of_owners) p where p.day <= until
    ),
    days as (
        select generate_series(since::timestamp, until::timestamp, interval '1 day')::date as day
    ),
    sums as (
        select
            day,
            coalesce(p.new_leads, 0) as new_leads,
            coalesce(sum(p.new_leads) over week, 0) as new_leads_week,
            coalesce(p.won_deals, 0) as won_deals,
            coalesce(p.won_value, 0) as won_value,
            coalesce(p.lost_deals, 0) as lost_deals,
            coalesce(p.lost_value, 0) as lost_value,
            coalesce(sum(p.leads_change) over so_far, 0) as leads,
            coalesce(sum(p.junk_leads_change) over so_far, 0) as junk_leads,
            coalesce(sum(p.open_deals_change) over so_far, 0) as open_deals,
            coalesce(sum(p.open_value_change) over so_far, 0) as open_value,
            coalesce(sum(p.weighted_value_change) over so_far, 0) as weighted_value,
            coalesce(sum(p.unweighted_deals_change) over so_far, 0) as unweighted_deals,
            coalesce(sum(p.unconverted_deals_change) over so_far, 0) as unconverted_deals
        from parts p
        full join days d using (day)
        window
            so_far as (order by day),
            week as (
                order by day range between interval '7 days' preceding and interval '1 day' preceding
            )
    )
    select
        s.day,
        s.new_leads::bigint,
        s.new_leads_week / 7,
        measures.pct(s.junk_leads, s.leads),
        s.open_deals::bigint,
        s.open_value,
        s.weighted_value,
        s.won_deals::bigint,
        s.won_value,
        s.lost_deals::bigint,
        s.leads::bigint,
        s.junk_leads::bigint,
        s.lost_value,
        s.unweighted_deals::bigint,
        s.unconverted_deals::bigint
    from sums s
    where s.day >= since
$$;
