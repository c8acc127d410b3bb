-- Time in which the company works.

-- Seconds worked from the first day of analytics.business_calendar until an instant of one of its days;
-- the difference of two is what was worked between them. The day's row gives the rest.
create function measures.worked_seconds(
    instant timestamptz,
    opens_at timestamptz,
    closes_at timestamptz,
    seconds_before numeric,
    previous_closes_at timestamptz
) returns numeric language sql immutable parallel safe as $$
    select seconds_before
        - extract(epoch from greatest(previous_closes_at - instant, interval '0'))
        + extract(epoch from greatest(least(instant, closes_at) - opens_at, interval '0'))
$$;

-- The same of one instant, in the organisation's time zone. For many rows join the calendar instead.
create function measures.worked(instant timestamptz) returns numeric language sql stable as $$
    select measures.worked_seconds(
        instant, c.opens_at, c.closes_at, c.seconds_before, c.previous_closes_at)
    from analytics.business_calendar c
    cross join crm.organisation o
    where c.day = (instant at time zone o.timezone)::date
$$;

-- Minutes of a number of seconds.
create function measures.minutes(seconds numeric) returns numeric
language sql immutable parallel safe as $$
    select seconds / 60
$$;
