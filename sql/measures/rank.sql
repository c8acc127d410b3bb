-- What is said to be the most of a set, on every surface: the first by the figure, where the set, which
-- the sentence names, has at least so many members and no other comes up to it. A tie names nobody, and
-- so does a set of nothing but zeros. next_figure: that of the second; null where there is none.

create function measures.stands_out(
    figure numeric, next_figure numeric, members bigint default 1, least_members bigint default 1
) returns boolean
language sql immutable parallel safe as $$
    select members >= least_members and figure > coalesce(next_figure, 0)
$$;

-- The first of numbers that chance moves from day to day, counts and shares: also a tenth above the
-- second, or the first place would change hands without anything having happened.

create function measures.stands_clear(
    figure numeric, next_figure numeric, members bigint default 1, least_members bigint default 1
) returns boolean
language sql immutable parallel safe as $$
    select measures.stands_out(figure, next_figure, members, least_members)
        and figure >= 1.1 * coalesce(next_figure, 0)
$$;

-- A large deal: above a fiftieth of the open pipeline.

create function measures.is_large(amount numeric, pipeline numeric) returns boolean
language sql immutable parallel safe as $$
    select amount > 0.02 * pipeline
$$;
