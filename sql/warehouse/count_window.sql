-- One row per business day of the window: how many of its records fall on it, by effect.
select
    greatest((modified_time at time zone %(timezone)s)::date, %(first_day)s) as day,
    count(*) as records,
    count(*) filter (where effect = 'inserted') as inserted,
    count(*) filter (where effect = 'updated') as updated
from incoming
group by 1
order by 1;
