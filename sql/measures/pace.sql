-- On course or not: what is won in a period against its target, and against how the company usually
-- closes.

-- The whole periods before the one that begins on `begins`, and how much of what each brought in was
-- won by the day on which as large a part of it was over; null where it brought in nothing. Of the
-- twelve months, eight quarters or three years before, those that began after the first deal.
create function measures.past_courses(of_period text, begins date, ends date, days_over integer)
returns table (first_day date, last_day date, same_day date, won_by_then numeric, won numeric,
    share_pct numeric)
language sql stable as $$
    with periods as (
        select
            (begins - k * l.length)::date as first_day,
            (begins - (k - 1) * l.length)::date - 1 as last_day
        from (values ('month', interval '1 month', 12), ('quarter', interval '3 months', 8),
            ('year', interval '1 year', 3)) l (name, length, many)
        cross join lateral generate_series(1, l.many) k
        where l.name = of_period
    ),
    known as (
        select
            p.first_day,
            p.last_day,
            p.first_day - 1 + ceil(
                days_over::numeric * (p.last_day - p.first_day + 1) / (ends - begins + 1)
            )::integer as same_day
        from periods p
        where p.first_day >= (
            select d.day from analytics.deals d where d.day is not null order by d.day limit 1
        )
    ),
    summed as (
        select
            k.first_day,
            k.last_day,
            k.same_day,
            coalesce(sum(w.won_value) filter (where w.day <= k.same_day), 0) as won_by_then,
            coalesce(sum(w.won_value), 0) as won
        from known k
        left join analytics.daily_flows w on w.day between k.first_day and k.last_day
        group by k.first_day, k.last_day, k.same_day
    )
    select s.first_day, s.last_day, s.same_day, s.won_by_then, s.won,
        measures.pct(s.won_by_then, s.won)
    from summed s
$$;

-- Pace of the company's month, fiscal quarter and fiscal year, and of each further target in force
-- whose period holds `until`. Won: up to `until`. Working days: those before left_from are gone, the
-- others left; at the end of a day left_from is the next one, in the course of a day that day itself.
-- usual: what a company that closes as in the periods before would have won of the target by then; low
-- and high: the least and the most of those periods. Closing: open deals whose closing date lies in
-- the period, days gone by included. won + to_go = target.
create function measures.pace(until date, left_from date) returns table (
    scope text, owner_id text, source text, name text, period text, first_day date, last_day date,
    day date, target_value numeric, target_deals integer, won_value numeric, won_deals bigint,
    to_go_value numeric, to_go_deals bigint, attained_pct numeric, days_gone bigint,
    days_left bigint, needed_a_day numeric, usual_pct numeric, usual_low_pct numeric,
    usual_high_pct numeric, usual_periods bigint, usual_value numeric, usual_low_value numeric,
    usual_high_value numeric, ahead_value numeric, closing_deals bigint, closing_value numeric,
    closing_weighted_value numeric, coverage_pct numeric, weighted_coverage_pct numeric,
    reps_target_value numeric, sources_target_value numeric
)
language sql stable as $$
    with counted as materialized (
        -- One that is given twice, by the name and by the id of a rep, is one.
        select distinct
            t.scope,
            t.owner_id,
            t.source,
            coalesce(t.owner_name, t.source, t.name) as name,
            t.period,
            t.first_day,
            t.last_day,
            t.amount,
            t.deals
        from measures.targets(until) t
        where coalesce(t.trouble, 'left') = 'left'
    ),
    asked as (
        select
            'company' as scope,
            null::text as owner_id,
            null::text as source,
            ''::text as name,
            p.period,
            p.first_day,
            p.last_day,
            c.amount,
            c.deals
        from measures.periods_of(until) p
        left join counted c
            on c.scope = 'company' and c.first_day = p.first_day and c.last_day = p.last_day
        union all
        select
            c.scope,
            c.owner_id,
            c.source,
            c.name,
            c.period,
            c.first_day,
            c.last_day,
            c.amount,
            c.deals
        from counted c
        where c.scope <> 'company' and until between c.first_day and c.last_day
    ),
    -- Two targets may be of one rep: one names the rep, the other gives the id.
    whose as (
        select distinct a.scope, a.owner_id, a.source, a.first_day, a.last_day from asked a
    ),
    flows as (
        select null::text as owner_id, null::text as source, f.day, f.won_value, f.won_deals
        from analytics.daily_flows f
        union all
        select k.owner_id, k.source, k.day, k.won_value, k.won_deals
        from analytics.kpi_parts k
        where exists (select from asked a where a.scope <> 'company')
            and k.won_deals <> 0
    ),
    won as (
        select
            a.scope,
            a.owner_id,
            a.source,
            a.first_day,
            a.last_day,
            coalesce(sum(w.won_value), 0) as won_value,
            coalesce(sum(w.won_deals), 0)::bigint as won_deals
        from whose a
        left join flows w
            on w.day between a.first_day and until
            and (a.scope = 'company') = (w.owner_id is null)
            and (a.owner_id is null or w.owner_id = a.owner_id)
            and (a.source is null or w.source = a.source)
        group by a.scope, a.owner_id, a.source, a.first_day, a.last_day
    ),
    today as (
        select (now() at time zone o.timezone)::date as day from crm.organisation o
    ),
    -- Those of now are at hand, those of a past day among all contents.
    open as materialized (
        select d.owner_id, d.source, d.closing_date, d.amount, d.weighted_amount
        from analytics.open_deals d
        where until >= (select t.day from today t)
        union all
        select h.owner_id, h.source, h.closing_date, h.amount, h.weighted_amount
        from analytics.deal_history h
        where until < (select t.day from today t)
            and h.meaning = 'open'
            and h.from_day <= until
            and (h.until_day is null or h.until_day > until)
    ),
    closing as (
        select
            a.scope,
            a.owner_id,
            a.source,
            a.first_day,
            a.last_day,
            count(p.closing_date) as deals,
            coalesce(sum(p.amount), 0) as value,
            coalesce(sum(p.weighted_amount), 0) as weighted
        from whose a
        left join open p
            on p.closing_date between a.first_day and a.last_day
            and (a.owner_id is null or p.owner_id = a.owner_id)
            and (a.source is null or p.source = a.source)
        group by a.scope, a.owner_id, a.source, a.first_day, a.last_day
    ),
    periods as (
        select distinct a.period, a.first_day, a.last_day from asked a
    ),
    usual as (
        select
            p.first_day,
            p.last_day,
            measures.working_days(p.first_day, left_from - 1) as days_gone,
            measures.working_days(left_from, p.last_day) as days_left,
            percentile_cont(0.5) within group (order by c.share_pct)::numeric as middle,
            min(c.share_pct) as low,
            max(c.share_pct) as high,
            count(c.share_pct) as periods
        from periods p
        left join lateral measures.past_courses(
            p.period, p.first_day, p.last_day, left_from - p.first_day
        ) c on true
        group by p.first_day, p.last_day
    ),
    parts as (
        select
            c.first_day,
            c.last_day,
            sum(c.amount) filter (where c.scope = 'rep') as reps,
            sum(c.amount) filter (where c.scope = 'source') as sources
        from counted c
        group by c.first_day, c.last_day
    )
    select
        a.scope,
        a.owner_id,
        a.source,
        a.name,
        a.period,
        a.first_day,
        a.last_day,
        until,
        a.amount,
        a.deals,
        w.won_value,
        w.won_deals,
        a.amount - w.won_value,
        a.deals - w.won_deals,
        measures.pct(w.won_value, a.amount),
        u.days_gone,
        u.days_left,
        case when a.amount is not null
            then greatest(a.amount - w.won_value, 0) / nullif(u.days_left, 0) end,
        u.middle,
        u.low,
        u.high,
        u.periods,
        a.amount * u.middle / 100,
        a.amount * u.low / 100,
        a.amount * u.high / 100,
        w.won_value - a.amount * u.middle / 100,
        k.deals,
        k.value,
        k.weighted,
        measures.pct(k.value, greatest(a.amount - w.won_value, 0)),
        measures.pct(k.weighted, greatest(a.amount - w.won_value, 0)),
        case when a.scope = 'company' then s.reps end,
        case when a.scope = 'company' then s.sources end
    from asked a
    join won w
        on (w.scope, w.first_day, w.last_day) = (a.scope, a.first_day, a.last_day)
        and w.owner_id is not distinct from a.owner_id
        and w.source is not distinct from a.source
    join closing k
        on (k.scope, k.first_day, k.last_day) = (a.scope, a.first_day, a.last_day)
        and k.owner_id is not distinct from a.owner_id
        and k.source is not distinct from a.source
    join usual u on (u.first_day, u.last_day) = (a.first_day, a.last_day)
    left join parts s on (s.first_day, s.last_day) = (a.first_day, a.last_day)
$$;
