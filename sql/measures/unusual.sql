-- The model of what is usual and how far a figure lies from it: analytics.changes tells how it works.

-- Fewer periods to compare with give no normal and no verdict.
create function measures.are_comparable(periods bigint) returns boolean
language sql immutable parallel safe as $$
    select periods >= 4
$$;

-- Whether a period counts in the interquartile mean, by its place among those compared with.
create function measures.is_in_middle(place bigint, periods bigint) returns boolean
language sql immutable parallel safe as $$
    select place > periods / 4 and place <= periods - periods / 4
$$;

-- How much each period of the interquartile mean counts, which are two or four.
create function measures.share_of_middle(periods bigint) returns numeric
language sql immutable parallel safe as $$
    select case periods when 2 then 0.5 when 4 then 0.25 end
$$;

-- The standard deviation of what is normally distributed, from its median absolute deviation.
create function measures.standard_deviation(median_deviation numeric) returns numeric
language sql immutable parallel safe as $$
    select 1.4826 * median_deviation
$$;

-- What chance alone does to things that come one by one (compound Poisson): from their usual number,
-- and the squares and number of them all; where none came, of those of the day itself.
create function measures.chance_of_events(
    usual numeric, squares numeric, events numeric, own_squares numeric, own_events numeric
) returns numeric
language sql immutable parallel safe as $$
    select sqrt(greatest(usual, 1) * coalesce(
        squares / nullif(events, 0), own_squares / nullif(own_events, 0)
    ))
$$;

-- The binomial standard error of a share among `records`, in percentage points, where usually `part`
-- of `whole` are so; one of either sort is added, so that none is never certain.
create function measures.chance_of_share(part numeric, whole numeric, records numeric)
returns numeric
language sql immutable parallel safe as $$
    select 100 * sqrt(
        (part + 1) / (whole + 2) * (1 - (part + 1) / (whole + 2)) / records
    )
$$;

-- How many spreads a change is; 0 where nothing ever moves, null where either is not known.
create function measures.score(change numeric, spread numeric) returns numeric
language sql immutable parallel safe as $$
    select case when spread = 0 then 0 * change else change / spread end
$$;

-- As on a control chart: three spreads or more, either way.
create function measures.is_unusual(score numeric) returns boolean
language sql immutable parallel safe as $$
    select abs(score) >= 3
$$;

-- The weight of a part in the whole, in the mean of two times.
create function measures.mean_weight(
    part numeric, whole numeric, usual_part numeric, usual_whole numeric
) returns numeric
language sql immutable parallel safe as $$
    select (part / whole + usual_part / usual_whole) / 2
$$;
