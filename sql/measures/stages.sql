-- The live deals by the stage that they stand in, closed ones too, of the sources and owners given; of
-- all where they are null. What each column means is said in sql/marts/pipeline_by_stage.sql.

create function measures.stages(
    of_sources text[] default null, of_owners text[] default null
) returns table (
    "position" integer, stage text, meaning text, deals bigint, value numeric,
    weighted_value numeric, avg_age_days numeric, median_days_in_stage numeric,
    untimed_deals bigint, older_deals bigint, won_limit_days numeric
)
language sql stable as $$
    with stages as (
        select
            p.position,
            p.stage,
            p.meaning,
            sum(p.deals)::bigint as deals,
            sum(p.value) filter (where p.valued_deals > 0) as value,
            sum(p.weighted_value) filter (where p.valued_deals > 0) as weighted_value,
            sum(p.closed_age_days) as closed_age_days
        from analytics.stage_parts p
        where (of_sources is null or p.source = any(of_sources))
            and (of_owners is null or p.owner_id = any(of_owners))
        group by p.position, p.stage, p.meaning
    ),
    open_stages as (
        select
            d.stage,
            sum(greatest((now() at time zone o.timezone)::date - d.day, 0)) as age_days,
            percentile_cont(0.5) within group (order by crm.days_between(d.came_at, now()))
                filter (where d.is_start_known) as days_in_stage,
            count(*) filter (where d.is_start_known is not true) as untimed_deals,
            count(*) filter (where r.is_older) as older_deals
        from analytics.open_deals d
        cross join crm.organisation o
        left join analytics.slipping_deals r on r.id = d.id
        where (of_sources is null or d.source = any(of_sources))
            and (of_owners is null or d.owner_id = any(of_owners))
        group by d.stage
    ),
    limits as (
        select stage, won_limit_days
        from analytics.time_in_stage
        where meaning = 'open' and won_limit_days is not null
    )
    select
        s.position,
        s.stage,
        s.meaning,
        s.deals,
        s.value,
        s.weighted_value,
        (s.closed_age_days + coalesce(o.age_days, 0)) / s.deals as avg_age_days,
        o.days_in_stage::numeric as median_days_in_stage,
        coalesce(o.untimed_deals, 0) as untimed_deals,
        case when l.stage is not null then o.older_deals end as older_deals,
        l.won_limit_days
    from stages s
    left join open_stages o on o.stage = s.stage
    left join limits l on l.stage = s.stage
$$;
