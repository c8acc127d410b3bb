-- How sure a win rate is.

-- Below 10 closed deals a rate says little: it is not ranked and judges nothing.
create function measures.is_too_few(closed_deals numeric) returns boolean
language sql immutable parallel safe as $$
    select closed_deals < 10
$$;

-- One end of the Wilson 95 % score interval, in percent, of `won` among `closed` deals: the lower
-- one for side -1, the upper one for 1; null where none is closed (z = 1.959964; E. B. Wilson, 1927:
-- (p + z2/2n +- z sqrt(p (1 - p)/n + z2/4n2)) / (1 + z2/n), here times n on both sides of the bar).
create function measures.win_rate_bound(won numeric, closed numeric, side integer) returns numeric
language sql immutable parallel safe as $$
    select 100 * (
        won + 1.959964 ^ 2 / 2
        + side * 1.959964 * sqrt(won * (closed - won) / nullif(closed, 0) + 1.959964 ^ 2 / 4)
    ) / (closed + 1.959964 ^ 2)
$$;
