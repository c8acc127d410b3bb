-- The contiguous range of days that a daily mart holds around the days asked for, these included.
with days as (
    select day from {table}
    union
    select generate_series(%(first_day)s::date, %(last_day)s::date, interval '1 day')::date
),
numbered as (
    select day, day - (row_number() over (order by day))::integer as island
    from days
)
select min(day), max(day)
from numbered
group by island
having %(first_day)s::date between min(day) and max(day);
