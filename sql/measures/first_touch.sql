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

-- A wait as one number, by which waits sort: microseconds of business hours times four, and 0 for who
-- was touched then, 1 for who ended, 2 for who waits. Of one instant, who was touched comes first. A
-- wait whose end lies behind the calendar is longer than all others.
create function measures.wait_key(wait_minutes numeric, state text) returns bigint
language sql immutable parallel safe as $$
    select coalesce((wait_minutes * 60000000)::bigint, 1::bigint << 60) * 4
        + case state when 'touched' then 0 when 'ended' then 1 else 2 end
$$;

-- How long each lead of analytics.first_touch waited that was created from `since` to `until`, both
-- included; the wait is known up to until_at. worked_before: seconds worked until it came in, as
-- measures.worked gives them; wait_minutes: minutes of business hours from then to until_at, wait_key:
-- the same as measures.wait_key has it; clock_minutes: minutes by the clock.
create function measures.waits(since date, until date) returns table (
    id text, source text, owner_id text, is_converted boolean, day date, weekday integer,
    hour integer, state text, first_touch_at timestamptz, until_at timestamptz,
    worked_before numeric, wait_minutes numeric, clock_minutes numeric, wait_key bigint
)
language sql stable as $$
    with present as materialized ( -- else it is worked out for each lead
        select n.worked, measures.wait_key(measures.minutes(n.worked), 'touched') as worked_key
        from measures.worked(now()) n (worked)
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
        w.wait_minutes,
        measures.minutes(extract(epoch from w.until_at - w.created_time)),
        case
            when w.first_touch_at > now() then measures.wait_key(w.wait_minutes, w.state)
            when w.first_touch_at is null and w.ended_at is null then w.wait_key + w.worked_key
            else w.wait_key
        end
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
            f.ended_at,
            f.worked_before,
            f.wait_key,
            n.worked_key,
            t.state,
            case t.state
                when 'touched' then f.first_touch_at
                when 'ended' then f.ended_at
                else now()
            end as until_at,
            case
                when t.state = 'waiting' then measures.minutes(n.worked - f.worked_before)
                -- What is kept is until the touch, which lies ahead of now and before the end.
                when t.state = 'ended' and f.first_touch_at is not null
                    then measures.minutes(measures.worked(f.ended_at) - f.worked_before)
                else f.wait_minutes
            end as wait_minutes
        from analytics.first_touch f
        cross join present n
        cross join lateral (
            select measures.touch_state(f.first_touch_at, f.ended_at) as state
        ) t
        where f.day between since and until
    ) w
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

-- What the waits of a group say, given as measures.wait_key has them, sorted; at least one. Columns as
-- in measures.first_touch. Between two that left without a touch the share of those that go on falls
-- by the same step with each touch: so the touch at which it falls to a half is counted, and only those
-- that left are looked at one by one.
create function measures.touch_times(waits bigint[]) returns table (
    leads bigint, touched bigint, waiting bigint, ended bigint,
    median_minutes numeric, within_hour_pct numeric
)
language sql stable as $$
    with leads as (
        -- within: how many waited sixty minutes at most, or were touched then.
        select
            n.leads,
            width_bucket(measures.wait_key(60, 'touched'), waits) as within,
            waits[n.leads] >= measures.wait_key(60, 'touched') or waits[n.leads] & 3 = 0 as is_known
        from (select cardinality(waits)::bigint as leads) n
    ),
    left_untouched as (
        select 0::bigint as place, 0 as state
        union all
        select w.place, (w.wait & 3)::integer
        from unnest(waits) with ordinality w (wait, place)
        where w.wait & 3 > 0
    ),
    spans as (
        -- From one that left to the next; what those that left by then had left to them.
        select
            u.place,
            u.state,
            l.leads,
            l.within,
            lead(u.place, 1, l.leads + 1) over until_then as next_place,
            exp(sum(
                case when u.place between 1 and l.leads - 1
                    then -ln(1 - 1 / (l.leads + 1 - u.place)::double precision)
                    else 0
                end
            ) over until_then) as kept
        from left_untouched u
        cross join leads l
        window until_then as (order by u.place rows unbounded preceding)
    ),
    halves as (
        -- The first in the span after whom at most half go on. The sum of logarithms errs in the last
        -- digits.
        select
            *,
            greatest(place + 1, ceil(leads * (1 - (0.5 + 1e-12) / kept))::bigint) as half_place
        from spans
    ),
    found as (
        select
            count(*) filter (where state = 1) as ended,
            count(*) filter (where state = 2) as waiting,
            min(half_place) filter (where half_place < next_place) as half_place,
            max(kept) filter (where place <= within) as kept
        from halves
    )
    select
        l.leads,
        l.leads - f.waiting - f.ended,
        f.waiting,
        f.ended,
        measures.minutes((waits[f.half_place] / 4)::numeric / 1000000),
        case when l.is_known then measures.pct(
            round((1 - (l.leads - l.within) * f.kept / l.leads)::numeric, 12), 1)
        end
    from leads l
    cross join found f
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
            -- Without what is not asked for, less is kept.
            case when 'source' = any(of_dimensions) then w.source end as source,
            case when 'owner' = any(of_dimensions) then w.owner_id end as owner_id,
            case when 'weekday' = any(of_dimensions) then w.weekday end as weekday,
            case when 'hour' = any(of_dimensions) then w.hour end as hour,
            w.wait_key
        from measures.waits(since, until) w
        where (of_sources is null or w.source = any(of_sources))
            and (of_owners is null or w.owner_id = any(of_owners))
    ),
    groups as (
        select 'source' as dimension, source as value, array_agg(wait_key) as waits
        from waits
        where 'source' = any(of_dimensions)
        group by source
        union all
        select 'owner', owner_id, array_agg(wait_key)
        from waits
        where 'owner' = any(of_dimensions)
        group by owner_id
        union all
        select 'weekday', weekday::text, array_agg(wait_key)
        from waits
        where 'weekday' = any(of_dimensions)
        group by weekday
        union all
        select 'hour', hour::text, array_agg(wait_key)
        from waits
        where 'hour' = any(of_dimensions)
        group by hour
    ),
    sorted as materialized ( -- as mere numbers, which is quicker than as rows
        select 'all' as dimension, '' as value,
            array(select wait_key from waits order by wait_key) as waits
        where exists (select from waits)
        union all
        select g.dimension, g.value, array(select w from unnest(g.waits) w order by w)
        from groups g
    )
    select g.dimension, g.value, t.*
    from sorted g
    cross join lateral measures.touch_times(g.waits) t
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

-- The instant before which the last activity of an open deal has to lie for the deal to be quiet: 14 days
-- have begun since. A day begins a second after the last one of the day before: where clocks change at
-- midnight, that comes twice or not at all.
create function measures.quiet_before(today date, timezone text) returns timestamptz
language sql stable parallel safe as $$
    select (
        (today - 13)::timestamp - interval '1 second'
    ) at time zone timezone + interval '1 second'
$$;
