-- One row per business day of the window: how many of its records fall on it, by effect.
select
    least(greatest((modified_time at time zone %(timezone)s)::date, %(first_day)s), %(last_day)s)
        as day,
    effect,
    count(*) as records
from landed
group by 1, 2
order by 1, 2;
