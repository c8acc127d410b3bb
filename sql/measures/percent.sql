-- Shares in percent, not rounded: null of nothing.

create function measures.pct(part numeric, whole numeric) returns numeric
language sql immutable parallel safe as $$
    select 100 * part / nullif(whole, 0)
$$;

-- Shares of money: null where amounts below zero leave a part that is none of the whole.

create function measures.share_of_value(part numeric, whole numeric) returns numeric
language sql immutable parallel safe as $$
    select case when part between 0 and whole then measures.pct(part, whole) end
$$;
