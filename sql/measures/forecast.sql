-- How good forecasts were: of what was forecast, what came, and what simpler guesses had said.

-- The loss of a forecast that is to be exceeded with a chance of 1 - share: in the unit of what is
-- forecast, and the smaller the better.
create function measures.pinball(share numeric, actual numeric, forecast numeric) returns numeric
language sql immutable parallel safe as $$
    select greatest(share * (actual - forecast), (share - 1) * (actual - forecast))
$$;

-- The mean of the losses of five quantiles: 10, 25, 50, 75 and 90 percent.
create function measures.pinball_loss(
    actual numeric, p10 numeric, p25 numeric, p50 numeric, p75 numeric, p90 numeric
) returns numeric
language sql immutable parallel safe as $$
    select (
        measures.pinball(0.10, actual, p10)
        + measures.pinball(0.25, actual, p25)
        + measures.pinball(0.50, actual, p50)
        + measures.pinball(0.75, actual, p75)
        + measures.pinball(0.90, actual, p90)
    ) / 5
$$;

-- By how many percent a loss is smaller than another; below zero: by how much it is larger.
create function measures.better_pct(loss numeric, of_baseline numeric) returns numeric
language sql immutable parallel safe as $$
    select 100 * (of_baseline - loss) / nullif(of_baseline, 0)
$$;

-- Of a kind of period and a scope: how the forecasts did that were made with about as many days to go,
-- one for each of the periods that ended last before at_day, twelve at most. Baselines are compared over
-- those periods of which they said something.
create function measures.forecast_record(at_day date, of_period text, of_owner text, days_left integer)
returns table (
    periods bigint, inside_80 bigint, inside_50 bigint, back_tests bigint,
    coverage_80_pct numeric, coverage_50_pct numeric, error_pct numeric,
    than_weighted_periods bigint, than_weighted_pct numeric,
    than_paced_periods bigint, than_paced_pct numeric
)
language sql stable as $$
    with nearest as (
        select distinct on (s.last_day) s.*
        from analytics.forecast_scores s
        where s.last_day < at_day and s.period = of_period and s.owner_id = of_owner
        order by s.last_day desc, abs(s.days_to_go - days_left), s.is_back_test, s.day
    ),
    newest as (
        select n.* from nearest n order by n.last_day desc limit 12
    )
    select
        count(*),
        count(*) filter (where n.is_inside_80),
        count(*) filter (where n.is_inside_50),
        count(*) filter (where n.is_back_test),
        measures.pct(count(*) filter (where n.is_inside_80), count(*)),
        measures.pct(count(*) filter (where n.is_inside_50), count(*)),
        measures.pct(sum(n.error_value), sum(n.actual_value)),
        count(n.weighted_loss),
        measures.better_pct(sum(n.loss) filter (where n.weighted_loss is not null),
            sum(n.weighted_loss)),
        count(n.paced_loss),
        measures.better_pct(sum(n.loss) filter (where n.paced_loss is not null), sum(n.paced_loss))
    from newest n
$$;
