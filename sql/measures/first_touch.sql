-- How long leads wait for the first touch, those that still wait taken into account.

-- touched, ended: converted or closed without a touch, or waiting: open and not touched yet.
create function measures.touch_state(first_touch_at timestamptz, ended_at timestamptz) returns text
language sql stable as $$
    select case
        when first_touch_at <= now() then 'touched'
        when ended_at is not null then 'ended'
        else 'waiting'
    end
$$;

-- How long each lead of analytics.first_touch waited that was created from `since` to `until`, both
-- included; the wait is known up to until_at. worked_before: seconds worked until it came in, as
-- measures.worked gives them; wait_minutes: minutes of business hours from then to until_at;
-- clock_minutes: minutes by the clock.
create function measures.waits(since date, until date) returns table (
    id text, source text, owner_id text, is_converted boolean, day date, weekday integer,
    hour integer, state text, first_touch_at timestamptz, until_at timestamptz,
    worked_before numeric, wait_minutes numeric, clock_minutes numeric
)
language sql stable as $$
    with present as materialized ( -- else it is worked out for each lead
        select measures.worked(now()) as worked
    )
    select
        w.id,
        w.source,
        w.owner_id,
        w.is_converted,
        w.day,
        w.weekday,
        w.hour,
        w.state,
        case when w.state = 'touched' then w.first_touch_at end,
        w.until_at,
        w.worked_before,
        case when w.state = 'waiting' then measures.minutes(n.worked - w.worked_before)
            else w.wait_minutes end,
        measures.minutes(extract(epoch from w.until_at - w.created_time))
    from (
        select
            f.id,
            f.source,
            f.owner_id,
            f.is_converted,
            f.day,
            f.weekday,
            f.hour,
            f.created_time,
            f.first_touch_at,
            f.worked_before,
            f.wait_minutes,
            t.state,
            case t.state
                when 'touched' then f.first_touch_at
                when 'ended' then f.ended_at
                else now()
            end as until_at
        from analytics.first_touch f
        cross join lateral (
            select measures.touch_state(f.first_touch_at, f.ended_at) as state
        ) t
        where f.day between since and until
    ) w
    cross join present n
$$;

-- How long a wait was that is over, as measures.wait_class has it, or never; null for who still waits.
create function measures.wait_over(
    is_touched boolean, ended_at timestamptz, wait_minutes numeric, working_day numeric
) returns text language sql immutable parallel safe as $$
    select case
        when is_touched then measures.wait_class(wait_minutes, working_day)
        when ended_at is not null then 'never'
    end
$$;

-- How many leads created from `since` to `until`, both included, waited how long, as
-- measures.wait_over says now. Those whose first touch lies ahead are counted in
-- analytics.touch_parts as if it had been.
create function measures.waits_over(since date, until date) returns table (
    wait text, is_converted boolean, leads bigint
)
language sql stable as $$
    with working_day as materialized ( -- else it is worked out for each lead
        select measures.working_day_minutes() as minutes
    ),
    ahead as materialized ( -- else all leads of these days are looked at
        select f.*, w.minutes
        from analytics.first_touch f
        cross join working_day w
        where f.first_touch_at > now()
    )
    select c.wait, c.is_converted, sum(c.leads)::bigint
    from (
        select p.wait, p.is_converted, p.leads
        from analytics.touch_parts p
        where p.day between since and until
        union all
        select measures.wait_over(true, a.ended_at, a.wait_minutes, a.minutes), a.is_converted, -1
        from ahead a
        where a.day between since and until
        union all
        select measures.wait_over(false, a.ended_at, a.wait_minutes, a.minutes), a.is_converted, 1
        from ahead a
        where a.day between since and until
    ) c
    group by c.wait, c.is_converted
$$;

-- What of a lead tells its group in a dimension.
create function measures.touch_group(
    dimension text, source text, owner_id text, weekday integer, hour integer
) returns text
language sql immutable parallel safe as $$
    select case dimension
        when 'source' then source
        when 'owner' then owner_id
        when 'weekday' then weekday::text
        when 'hour' then hour::text
        else ''
    end
$$;

-- Leads created from `since` to `until`, both included, of the sources and owners given or of all:
-- together (dimension all), and by each of the dimensions source, owner, weekday (ISO day) and hour in
-- which they came in that is among those given.
-- median_minutes: the business minutes after which half of them had been touched, by the estimate of
-- Kaplan and Meier (1958): who still waits, or was closed without a touch, counts among those at risk
-- up to then and not after; null while fewer than half are. within_hour_pct: the share touched within
-- sixty minutes, by the same estimate; null while nobody is known for that long.
create function measures.first_touch(
    since date, until date, of_sources text[] default null, of_owners text[] default null,
    of_dimensions text[] default array['source', 'owner', 'weekday', 'hour']
) returns table (
    dimension text, value text, leads bigint, touched bigint, waiting bigint, ended bigint,
    median_minutes numeric, within_hour_pct numeric
)
language sql stable as $$
    with waits as materialized (
        select
            w.source,
            w.owner_id,
            w.weekday,
            w.hour,
            w.state,
            w.state = 'touched' as is_touched,
            w.wait_minutes,
            w.wait_minutes::double precision as wait
        from measures.waits(since, until) w
        where (of_sources is null or w.source = any(of_sources))
            and (of_owners is null or w.owner_id = any(of_owners))
    ),
    groups as materialized (
        -- Numbered: to sort by a number is quicker than by words.
        select *, row_number() over ()::integer as number
        from (
            select
                d.dimension,
                d.place,
                measures.touch_group(d.dimension, w.source, w.owner_id, w.weekday, w.hour) as value,
                count(*) as leads,
                count(*) filter (where w.is_touched) as touched,
                count(*) filter (where w.state = 'waiting') as waiting
            from unnest(array['all'] || of_dimensions) with ordinality d (dimension, place)
            cross join waits w
            group by 1, 2, 3
        ) g
    ),
    at_risk as (
        -- Those that waited as long or longer; of one instant, who was touched comes first.
        select
            g.number,
            g.leads,
            w.is_touched,
            w.wait_minutes,
            w.wait,
            (g.leads + 1 - row_number() over (
                partition by g.number order by w.wait, w.is_touched desc
            ))::double precision as known
        from unnest(array['all'] || of_dimensions) with ordinality d (dimension, place)
        cross join waits w
        join groups g on g.place = d.place
            and g.value
                = measures.touch_group(d.dimension, w.source, w.owner_id, w.weekday, w.hour)
    ),
    untouched as (
        -- The share of those that go on, and what those that left without a touch had left to them.
        select
            a.*,
            case when is_touched then (known - 1) / leads * exp(coalesce(sum(
                case when not is_touched and known > 1 then -ln(1 - 1 / known) end
            ) over (
                partition by number order by wait, is_touched desc rows unbounded preceding
            ), 0)) end as share
        from at_risk a
    ),
    lengths as (
        select
            number,
            -- The sum of logarithms errs in the last digits.
            min(wait_minutes) filter (where share <= 0.5 + 1e-12) as median_minutes,
            case when max(wait) >= 60 or min(share) = 0 then measures.pct(
                (1 - coalesce(min(share) filter (where wait <= 60), 1))::numeric, 1)
            end as within_hour_pct
        from untouched
        group by number
    )
    select
        g.dimension,
        g.value,
        g.leads,
        g.touched,
        g.waiting,
        g.leads - g.touched - g.waiting,
        l.median_minutes,
        l.within_hour_pct
    from groups g
    join lengths l using (number)
$$;

-- Business minutes of a day that is worked, on the average of the calendar.
create function measures.working_day_minutes() returns numeric language sql stable as $$
    select measures.minutes(avg(worked_seconds)) from analytics.business_calendar
    where worked_seconds > 0
$$;

-- How long a wait of so many business minutes is: hour, day (up to a working day), week (up to six of
-- them) or longer; `working_day` is the length of one.
create function measures.wait_class(wait numeric, working_day numeric) returns text
language sql immutable parallel safe as $$
    select case
        when wait <= 60 then 'hour'
        when wait <= working_day then 'day'
        when wait <= 6 * working_day then 'week'
        else 'longer'
    end
$$;

-- Days without any activity after which an open deal is quiet.
create function measures.quiet_days() returns integer language sql immutable parallel safe as $$
    select 14
$$;
