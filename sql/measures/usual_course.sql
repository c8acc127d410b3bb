-- Where a target would stand so many days into a period, as the periods before it closed: by the
-- median, the lowest and the highest share that they had then. Null without a target or a whole period
-- before.

create function measures.usual_course(
    target numeric, of_period text, from_day date, to_day date, days_gone integer
) returns table (usual_value numeric, usual_low_value numeric, usual_high_value numeric)
language sql stable as $$
    select
        target * (percentile_cont(0.5) within group (order by c.share_pct))::numeric / 100,
        target * min(c.share_pct) / 100,
        target * max(c.share_pct) / 100
    from measures.past_courses(of_period, from_day, to_day, days_gone) c
$$;
