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
        select
            p.day,
            p.new_leads,
            p.won_deals,
            p.won_value,
            p.lost_deals,
            p.lost_value,
            p.leads_change as leads,
            p.junk_leads_change as junk_leads,
            p.open_deals_change as open_deals,
            p.open_value_change as open_value,
            p.weighted_value_change as weighted_value,
            p.unweighted_deals_change as unweighted_deals,
            p.unconverted_deals_change as unconverted_deals
        from analytics.kpi_days p
        where p.day <= until and of_sources is null and of_owners is null
        union all
        select
            p.day,
            sum(p.new_leads) as new_leads,
            sum(p.won_deals) as won_deals,
            sum(p.won_value) as won_value,
            sum(p.lost_deals) as lost_deals,
            sum(p.lost_value) as lost_value,
            sum(p.leads_change) as leads,
            sum(p.junk_leads_change) as junk_leads,
            sum(p.open_deals_change) as open_deals,
            sum(p.open_value_change) as open_value,
            sum(p.weighted_value_change) as weighted_value,
            sum(p.unweighted_deals_change) as unweighted_deals,
            sum(p.unconverted_deals_change) as unconverted_deals
        from analytics.kpi_parts p
        where p.day <= until
            and (of_sources is not null or of_owners is not null)
            and (of_sources is null or p.source = any(of_sources))
            and (of_owners is null or p.owner_id = any(of_owners))
        group by p.day
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
            coalesce(sum(p.leads) over so_far, 0) as leads,
            coalesce(sum(p.junk_leads) over so_far, 0) as junk_leads,
            coalesce(sum(p.open_deals) over so_far, 0) as open_deals,
            coalesce(sum(p.open_value) over so_far, 0) as open_value,
            coalesce(sum(p.weighted_value) over so_far, 0) as weighted_value,
            coalesce(sum(p.unweighted_deals) over so_far, 0) as unweighted_deals,
            coalesce(sum(p.unconverted_deals) over so_far, 0) as unconverted_deals
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
