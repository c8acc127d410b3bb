-- How many leads a usual week brought of late: the median, which one bad or large week does not move,
-- of the four weeks before the one that ends on a day, so far as each of their days is known.
-- weeks: how many these are. leads: null where there is none.

create function measures.usual_week(until date) returns table (weeks bigint, leads numeric)
language sql stable as $$
    select count(*), (percentile_cont(0.5) within group (order by w.leads))::numeric
    from (
        select sum(k.new_leads) as leads
        from analytics.kpis k
        where k.day between until - 34 and until - 7
        group by (until - k.day) / 7
        having count(k.new_leads) = 7
    ) w
$$;
