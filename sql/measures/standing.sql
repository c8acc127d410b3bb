-- How the open deals of the sources and owners given stand now; of all where those are null.
-- slipping, overdue: those of analytics.slipping_deals, by any reason and by that one; older: in
-- their stage longer than 80 % of the won deals were. *_pct: of the value, of the deals for older.
-- days_in_stage: the median, of the deals whose arrival in their stage is known.

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
            coalesce(d.amount, 0) as value,
            r.id is not null as is_slipping,
            coalesce(r.is_overdue, false) as is_overdue,
            coalesce(r.is_older, false) as is_older,
            case when s.is_start_known then s.days end as days
        from analytics.deals d
        left join analytics.slipping_deals r on r.id = d.id
        left join analytics.stage_stays s on s.id = d.id and s.is_standing
        where d.meaning = 'open'
            and (of_sources is null or d.source = any(of_sources))
            and (of_owners is null or d.owner_id = any(of_owners))
    ),
    sums as (
        select
            count(*) as open_deals,
            coalesce(sum(value), 0) as open_value,
            count(*) filter (where is_slipping) as slipping_deals,
            coalesce(sum(value) filter (where is_slipping), 0) as slipping_value,
            count(*) filter (where is_overdue) as overdue_deals,
            coalesce(sum(value) filter (where is_overdue), 0) as overdue_value,
            count(*) filter (where is_older) as older_deals,
            (percentile_cont(0.5) within group (order by days))::numeric as days_in_stage
        from deals
    )
    select
        open_deals,
        open_value,
        slipping_deals,
        slipping_value,
        measures.pct(slipping_value, open_value),
        overdue_deals,
        overdue_value,
        measures.pct(overdue_value, open_value),
        older_deals,
        measures.pct(older_deals, open_deals),
        days_in_stage
    from sums
$$;
