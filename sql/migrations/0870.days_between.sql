-- Days of 24 hours from one moment to another, at least 0: one rule for views and measures.
create function crm.days_between(since timestamptz, until timestamptz) returns numeric
language sql immutable parallel safe as $$
    select greatest(extract(epoch from until - since), 0) / 86400
$$;
