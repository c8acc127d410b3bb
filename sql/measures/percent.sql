-- Shares in percent, not rounded: null of nothing.

create function measures.pct(part numeric, whole numeric) returns numeric
language sql immutable parallel safe as $$
    select 100 * part / nullif(whole, 0)
$$;
