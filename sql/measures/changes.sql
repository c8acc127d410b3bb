-- What moved against its own normal on the days from `since` to `until`, both included and over, of the
-- sources and owners given; of all where those are null. What each column means is said in
-- sql/marts/changes.sql. The normal of some sources and owners is their own, and reaches back to
-- their own first lead or deal. Where owners are chosen, a deal handed over moves their pipeline.

create function measures.changes(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (
    day date, figure text, days integer, topic text, unit text, value numeric, normal numeric,
    change numeric, spread numeric, score numeric, is_unusual boolean, direction text,
    is_good boolean, comparable_days bigint, compared_with date[]
)
language sql stable as $$
    with days as (
        select generate_series(since::timestamp, until::timestamp, interval '1 day')::date as day
    ),
    figures (figure, topic, entity, unit, better) as (values
        ('new_leads', 'leads', 'lead', 'count', 'up'),
        ('won_deals', 'won', 'deal', 'count', 'up'),
        ('won_value', 'won', 'deal', 'money', 'up'),
        ('lost_deals', 'lost', 'deal', 'count', 'down'),
        ('lost_value', 'lost', 'deal', 'money', 'down'),
        ('open_deals', 'pipeline', 'deal', 'count', 'none'),
        ('open_pipeline_value', 'pipeline', 'deal', 'money', 'up'),
        ('weighted_pipeline_value', 'pipeline', 'deal', 'money', 'up'),
        ('junk_pct', 'junk', 'lead', 'percent', 'down')
    ),
    known (entity, first_day) as (values
        ('lead', (
            select k.day
            from analytics.kpi_parts k
            where k.leads_change > 0
                and (of_sources is null or k.source = any(of_sources))
                and (of_owners is null or k.owner_id = any(of_owners))
            order by k.day
            limit 1
        )),
        ('deal', (
            select c.day
            from analytics.change_parts c
            where c.deal_contents > 0
                and (of_sources is null or c.source = any(of_sources))
                and (of_owners is null or c.owner_id = any(of_owners))
            order by c.day
            limit 1
        ))
    ),
    parts as (
        select
            p.day,
            sum(p.new_leads) as new_leads,
            sum(p.won_deals) as won_deals,
            sum(p.won_value) as won_value,
            sum(p.won_squares) as won_squares,
            sum(p.lost_deals) as lost_deals,
            sum(p.lost_value) as lost_value,
            sum(p.lost_squares) as lost_squares,
            sum(p.open_deals) as open_deals,
            sum(p.open_deals_events) as open_deals_events,
            sum(p.open_value) as open_value,
            sum(p.open_value_events) as open_value_events,
            sum(p.open_value_squares) as open_value_squares,
            sum(p.weighted_value) as weighted_value,
            sum(p.weighted_value_events) as weighted_value_events,
            sum(p.weighted_value_squares) as weighted_value_squares
        from analytics.change_parts p
        where p.day between since - 62 and until
            and (of_owners is not null or not p.is_handed_over)
            and (of_sources is null or p.source = any(of_sources))
            and (of_owners is null or p.owner_id = any(of_owners))
        group by p.day
    ),
    totals as (
        select p.day, f.figure, f.value, f.events, f.squares
        from parts p
        cross join lateral (values
            ('new_leads', p.new_leads, p.new_leads, p.new_leads),
            ('won_deals', p.won_deals, p.won_deals, p.won_deals),
            ('won_value', p.won_value, p.won_deals, p.won_squares),
            ('lost_deals', p.lost_deals, p.lost_deals, p.lost_deals),
            ('lost_value', p.lost_value, p.lost_deals, p.lost_squares),
            ('open_deals', p.open_deals, p.open_deals_events, p.open_deals_events),
            ('open_pipeline_value', p.open_value, p.open_value_events, p.open_value_squares),
            ('weighted_pipeline_value', p.weighted_value, p.weighted_value_events,
                p.weighted_value_squares)
        ) f (figure, value, events, squares)
    ),
    calendar as (
        select
            f.figure,
            f.topic,
            k.first_day,
            c.day::date as day,
            coalesce(t.value, 0) as value,
            coalesce(t.events, 0) as events,
            coalesce(t.squares, 0) as squares
        from generate_series((since - 62)::timestamp, until::timestamp, interval '1 day') c (day)
        cross join figures f
        join known k using (entity)
        left join totals t on t.day = c.day::date and t.figure = f.figure
        where f.unit <> 'percent'
    ),
    periods as (
        select day, figure, 1 as days, first_day, value, events, squares
        from calendar
        union all
        select
            day,
            figure,
            7,
            first_day + 6,
            sum(value) over week,
            sum(events) over week,
            sum(squares) over week
        from calendar
        where topic = 'pipeline'
        window week as (partition by figure order by day rows 6 preceding)
    ),
    compared as (
        select
            d.day,
            b.figure,
            b.days,
            b.day as before,
            b.value,
            b.events,
            b.squares,
            count(*) over period as comparable_days,
            row_number() over (partition by d.day, b.figure, b.days order by b.day desc) as weeks
        from periods b
        cross join generate_series(1, 8) w (week)
        join days d on d.day = b.day + 7 * w.week
        where b.day >= b.first_day
            and (b.days > 1 or d.day not in (select day from crm.holidays))
        window period as (partition by d.day, b.figure, b.days)
    ),
    ranked as (
        select
            *,
            count(*) over period as halves,
            row_number() over (partition by day, figure, days order by value, before desc) as place
        from compared
        where measures.are_comparable(comparable_days)
            and weeks <= comparable_days - mod(comparable_days, 2)
        window period as (partition by day, figure, days)
    ),
    normals as (
        select
            day,
            figure,
            days,
            sum(value) * measures.share_of_middle(count(*)) as normal,
            array_agg(before order by before desc) as compared_with
        from ranked
        where measures.is_in_middle(place, halves)
        group by day, figure, days
    ),
    spreads as (
        select
            r.day,
            r.figure,
            r.days,
            percentile_cont(0.5) within group (order by abs(r.value - n.normal)) as deviation,
            avg(r.events) as events,
            sum(r.events) as all_events,
            sum(r.squares) as all_squares
        from ranked r
        join normals n using (day, figure, days)
        group by r.day, r.figure, r.days
    ),
    moved as (
        select
            p.day,
            p.figure,
            p.days,
            p.value,
            n.normal,
            measures.standard_deviation(s.deviation::numeric) as deviation,
            measures.chance_of_events(s.events, s.all_squares, s.all_events, p.squares, p.events)
                as chance,
            coalesce(c.comparable_days, 0) as comparable_days,
            n.compared_with
        from periods p
        join days using (day)
        left join (select distinct day, figure, days, comparable_days from compared) c
            using (day, figure, days)
        left join normals n using (day, figure, days)
        left join spreads s using (day, figure, days)
        where p.day >= p.first_day
    ),
    weeks as (
        select w.day, sum(w.leads) as leads, sum(w.junk_leads) as junk_leads
        from analytics.week_leads w
        where w.day between since - 56 and until
            and (of_sources is null or w.source = any(of_sources))
            and (of_owners is null or w.owner_id = any(of_owners))
        group by w.day
    ),
    shares as (
        select
            w.day,
            w.leads,
            measures.pct(w.junk_leads, w.leads) as value,
            case when measures.are_comparable(count(b.day))
                then measures.pct(sum(b.junk_leads), sum(b.leads)) end as normal,
            measures.chance_of_share(sum(b.junk_leads), sum(b.leads), w.leads) as chance,
            count(b.day) as comparable_days,
            case when measures.are_comparable(count(b.day))
                then array_agg(b.day order by b.day desc) end as compared_with
        from weeks w
        join days using (day)
        left join weeks b on b.day in (
            w.day - 7, w.day - 14, w.day - 21, w.day - 28,
            w.day - 35, w.day - 42, w.day - 49, w.day - 56
        )
        group by w.day, w.leads, w.junk_leads
    ),
    share_spreads as (
        select
            s.day,
            percentile_cont(0.5) within group (
                order by abs(measures.pct(b.junk_leads, b.leads) - s.normal)
            ) as deviation
        from shares s
        join weeks b on b.day = any(s.compared_with)
        group by s.day
    ),
    scored as (
        select
            day, figure, days, value, normal, comparable_days, compared_with,
            greatest(deviation, chance, 0) as spread
        from moved
        union all
        select
            s.day, 'junk_pct', 7, s.value, s.normal, s.comparable_days, s.compared_with,
            greatest(measures.standard_deviation(d.deviation::numeric), s.chance)
        from shares s
        left join share_spreads d using (day)
    ),
    judged as (
        select
            *,
            value - normal as change,
            case when normal is not null then spread end as known_spread,
            measures.score(value - normal, spread) as score,
            case sign(value - normal) when 1 then 'up' when -1 then 'down' when 0 then 'flat' end
                as direction
        from scored
    )
    select
        j.day,
        j.figure,
        j.days,
        f.topic,
        f.unit,
        j.value,
        j.normal,
        j.change,
        j.known_spread as spread,
        j.score,
        measures.is_unusual(j.score) as is_unusual,
        j.direction,
        case when f.better <> 'none' and j.direction <> 'flat' then j.direction = f.better end
            as is_good,
        j.comparable_days,
        j.compared_with
    from judged j
    join figures f using (figure)
$$;

-- The same of the days that analytics.changes holds, which is read where all are meant.
create function measures.known_changes(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (
    day date, figure text, days integer, topic text, unit text, value numeric, normal numeric,
    change numeric, spread numeric, score numeric, is_unusual boolean, direction text,
    is_good boolean, comparable_days bigint, compared_with date[]
)
language sql stable as $$
    select k.day, k.figure, k.days, k.topic, k.unit, k.value, k.normal, k.change, k.spread,
        k.score, k.is_unusual, k.direction, k.is_good, k.comparable_days, k.compared_with
    from analytics.changes k
    where coalesce(of_sources, of_owners) is null and k.day between since and until
    union all
    select c.*
    from (
        select greatest(since, min(k.day)) as first_day, least(until, max(k.day)) as last_day
        from analytics.changes k
    ) d
    cross join lateral measures.changes(d.first_day, d.last_day, of_sources, of_owners) c
    where coalesce(of_sources, of_owners) is not null
$$;
