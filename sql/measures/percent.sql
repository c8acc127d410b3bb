-- Shares and changes in percent, not rounded: null of nothing.

create function measures.pct(part numeric, whole numeric) returns numeric
language sql immutable parallel safe as $$
    select 100 * part / nullif(whole, 0)
$$;

-- How far a value lies from a base, in percent of the base's size.
create function measures.change_pct(value numeric, base numeric) returns numeric
language sql immutable parallel safe as $$
    select 100 * (value - base) / nullif(abs(base), 0)
$$;
