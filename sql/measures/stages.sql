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
            d.position,
            d.stage,
            d.meaning,
            count(*) as deals,
            coalesce(sum(d.amount), 0) as value,
            sum(d.weighted_amount) as weighted_value,
            avg(greatest(
                coalesce(d.closed_day, (now() at time zone o.timezone)::date) - d.day, 0
            )) as avg_age_days,
            percentile_cont(0.5) within group (order by s.days)
                filter (where d.meaning = 'open' and s.is_start_known) as days_in_stage,
            count(*) filter (where d.meaning = 'open' and s.is_start_known is not true) as untimed_deals,
            count(*) filter (where r.is_older) as older_deals
        from analytics.deals d
        join crm.organisation o on o.singleton
        left join analytics.stage_stays s on s.id = d.id and s.is_standing
        left join analytics.slipping_deals r on r.id = d.id
        where (of_sources is null or d.source = any(of_sources))
            and (of_owners is null or d.owner_id = any(of_owners))
        group by d.position, d.stage, d.meaning
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
        s.avg_age_days,
        s.days_in_stage::numeric as median_days_in_stage,
        s.untimed_deals,
        case when l.stage is not null then s.older_deals end as older_deals,
        l.won_limit_days
    from stages s
    left join limits l on l.stage = s.stage
$$;
