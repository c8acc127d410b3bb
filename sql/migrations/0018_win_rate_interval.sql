-- How sure a win rate is: ends of the Wilson 95 % score interval, in percent, of `won` among `closed`
-- deals; null where none is closed (z = 1.959964; E. B. Wilson, 1927).
create function crm.win_rate_interval(
    won bigint, closed bigint, out low numeric, out high numeric
)
language sql immutable parallel safe
as $$
    with rates as (
        select
            won::float8 / nullif(closed, 0) as rate,
            1.959964 ^ 2 / nullif(closed, 0) as z2n
    ),
    intervals as (
        select
            (rate + z2n / 2) / (1 + z2n) as centre,
            sqrt(z2n * (rate * (1 - rate) + z2n / 4)) / (1 + z2n) as half_width
        from rates
    )
    select
        round(100 * (centre - half_width)::numeric, 2),
        round(100 * (centre + half_width)::numeric, 2)
    from intervals
$$;
