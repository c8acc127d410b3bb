-- How long leads wait for the first touch, those that still wait taken into account.

-- Leads created from `since` to `until`, both included, of the sources and owners given or of all:
-- together (dimension all), and by source, owner, weekday (ISO day) and hour in which they came in.
-- median_minutes: the business minutes after which half of them had been touched, by the estimate of
-- Kaplan and Meier (1958): who still waits, or was closed without a touch, counts among those at risk
-- up to then and not after; null while fewer than half are. within_hour_pct: the share touched within
-- sixty minutes, by the same estimate; null while nobody is known for that long.
create function measures.first_touch(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (
    dimension text, value text, leads bigint, touched bigint, waiting bigint, ended bigint,
    median_minutes numeric, within_hour_pct numeric
)
language sql stable as $$
    with spread as (
        select d.dimension, d.value, f.state, f.wait_minutes
        from analytics.first_touch f
        cross join lateral (values
            ('all', ''),
            ('source', f.source),
            ('owner', f.owner_id),
            ('weekday', f.weekday::text),
            ('hour', f.hour::text)
        ) d (dimension, value)
        where f.day between since and until
            and (of_sources is null or f.source = any(of_sources))
            and (of_owners is null or f.owner_id = any(of_owners))
    ),
    instants as (
        select
            dimension,
            value,
            wait_minutes,
            count(*) as leads,
            count(*) filter (where state = 'touched') as touched,
            count(*) filter (where state = 'waiting') as waiting,
            count(*) filter (where state = 'ended') as ended
        from spread
        group by dimension, value, wait_minutes
    ),
    at_risk as (
        select
            i.*,
            sum(leads) over (partition by dimension, value order by wait_minutes desc) as known
        from instants i
    ),
    untouched as (
        select
            a.*,
            exp(sum(
                case
                    when touched = known then '-infinity'
                    else ln(1 - touched::double precision / known::double precision)
                end
            ) over (partition by dimension, value order by wait_minutes)) as share
        from at_risk a
    )
    select
        dimension,
        value,
        sum(leads)::bigint,
        sum(touched)::bigint,
        sum(waiting)::bigint,
        sum(ended)::bigint,
        -- The sum of logarithms errs in the last digits.
        min(wait_minutes) filter (where share <= 0.5 + 1e-12),
        case when max(wait_minutes) >= 60 or min(share) = 0 then measures.pct(
            (1 - coalesce(min(share) filter (where wait_minutes <= 60), 1))::numeric, 1)
        end
    from untouched
    group by dimension, value
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
