-- How many leads a usual week brought of late: their median, which one bad week that no calendar
-- names does not move, over the weeks of the four before the one that
-- ends on a day, of which each day is known and none was unusual (analytics.changes).
-- weeks: how many these are. leads: null where there is none.

create function measures.usual_week(until date) returns table (weeks bigint, leads numeric)
language sql stable as $$
    select count(*), (percentile_cont(0.5) within group (order by w.leads))::numeric
    from (
        select sum(k.new_leads) as leads
        from analytics.kpis k
        left join analytics.changes c
            on c.figure = 'new_leads' and c.days = 1 and c.day = k.day and c.is_unusual
        where k.day between until - 34 and until - 7
        group by (until - k.day) / 7
        having count(k.new_leads) = 7 and count(c.day) = 0
    ) w
$$;
