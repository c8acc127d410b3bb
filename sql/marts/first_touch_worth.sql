-- grain: one row per length of the wait for the first touch
-- kind: table
-- key: wait
-- owner: sales operations
-- Of the leads created 30 to 210 days ago, which had their time to convert, and whose wait is over:
-- how many converted. wait: hour (up to 60 business minutes), day (up to a working day), week (up to
-- six of them), longer, or never for those that were closed without a touch before they converted.
-- That leads called early convert more often does not say why: those who call early may choose the
-- better ones. No surface tells it as a cause.
-- figures:
--   leads (count): leads with that wait
--   converted (count): those that converted
--   converted_pct (percent): converted / leads
--   low_pct (percent): lower end of its Wilson 95 % interval
--   high_pct (percent): upper end of the interval

with today as (
    select (now() at time zone o.timezone)::date as day from crm.organisation o
),
waits (position, wait) as (values
    (1, 'hour'), (2, 'day'), (3, 'week'), (4, 'longer'), (5, 'never')
),
counted as (
    select
        f.wait,
        sum(f.leads)::bigint as leads,
        coalesce(sum(f.leads) filter (where f.is_converted), 0)::bigint as converted
    from today t
    cross join lateral measures.waits_over(t.day - 210, t.day - 30) f
    group by f.wait
    having sum(f.leads) > 0
)
select
    w.position,
    w.wait,
    c.leads,
    c.converted,
    measures.pct(c.converted, c.leads) as converted_pct,
    measures.win_rate_bound(c.converted, c.leads, -1) as low_pct,
    measures.win_rate_bound(c.converted, c.leads, 1) as high_pct
from counted c
join waits w using (wait) -- without those that still wait
