-- The median days that leads of a month took to a step, exactly, from how many took how many days:
-- between the two in the middle where their number is even.

create function measures.cohort_medians() returns table (month date, step text, days numeric)
language sql stable as $$
    select
        w.month,
        w.step,
        (
            min(w.days) filter (where w.up_to >= (w.of_all + 1) / 2)
            + min(w.days) filter (where w.up_to >= w.of_all / 2 + 1)
        ) * 0.5
    from (
        select
            c.month,
            c.step,
            c.days,
            sum(c.leads) over (partition by c.month, c.step order by c.days)::bigint as up_to,
            sum(c.leads) over (partition by c.month, c.step)::bigint as of_all
        from analytics.cohort_waits c
    ) w
    group by w.month, w.step
$$;
