-- How the open deals of the sources and owners given stand now; of all where those are null.
-- slipping, overdue: those of analytics.slipping_deals, by any reason and by that one; older: in
-- their stage longer than 80 % of the won deals were. *_pct: of the value, of the deals for older.
-- days_in_stage: the median, of the deals whose arrival in their stage is known. open_value: null where there
-- are deals and the value of none is known.

create function measures.standing(
    of_sources text[] default null, of_owners text[] default null
) returns table (
    open_deals bigint, open_value numeric, slipping_deals bigint, slipping_value numeric,
    slipping_pct numeric, overdue_deals bigint, overdue_value numeric, overdue_pct numeric,
    older_deals bigint, older_pct numeric, days_in_stage numeric
)
language sql stable as $$
    with deals as (
        select
            count(*) as open_deals,
            case when count(*) = 0 then 0 else sum(d.amount) end as open_value
        from analytics.open_deals d
        where (of_sources is null or d.source = any(of_sources))
            and (of_owners is null or d.owner_id = any(of_owners))
    ),
    slipping as (
        select
            count(*) as slipping_deals,
            coalesce(sum(r.value), 0) as slipping_value,
            count(*) filter (where r.is_overdue) as overdue_deals,
            coalesce(sum(r.value) filter (where r.is_overdue), 0) as overdue_value,
            count(*) filter (where r.is_older) as older_deals
        from analytics.slipping_deals r
        where (of_sources is null or r.source = any(of_sources))
            and (of_owners is null or r.owner_id = any(of_owners))
    ),
    stays as (
        select (
            percentile_cont(0.5) within group (order by crm.days_between(d.came_at, now()))
        )::numeric as days_in_stage
        from analytics.open_deals d
        where d.is_start_known
            and (of_sources is null or d.source = any(of_sources))
            and (of_owners is null or d.owner_id = any(of_owners))
    )
    select
        open_deals,
        open_value,
        slipping_deals,
        slipping_value,
        measures.share_of_value(slipping_value, open_value),
        overdue_deals,
        overdue_value,
        measures.share_of_value(overdue_value, open_value),
        older_deals,
        measures.pct(older_deals, open_deals),
        days_in_stage
    from deals
    cross join slipping
    cross join stays
$$;
