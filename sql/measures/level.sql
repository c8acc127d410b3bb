-- Whether a sum or a count is told as level with the one before: they differ by a tenth of that at most,
-- or by one.
create function measures.is_level(figure numeric, before numeric) returns boolean
language sql immutable parallel safe as $$
    select abs(figure - before) <= greatest(abs(before) * 0.1, 1)
$$;
