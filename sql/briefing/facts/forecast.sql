-- stances: forecast_month
-- What the stored forecast of the day says of the company's month; not on its last day, nor where
-- the ends of the interval would read the same: they must be a hundredth and a unit of the currency
-- apart, as amounts are printed with three digits or more.

select
    'forecast_month' as stance,
    '' as subject,
    f.first_day,
    0 as weight,
    f.value_p50 as money,
    f.value_p10 as low,
    f.value_p90 as high
from analytics.forecasts f
where f.day = %(day)s and f.scope = 'company' and f.period = 'month'
    and f.silent is null and f.day < f.last_day
    and f.value_p90 - f.value_p10 >= greatest(f.value_p90 * 0.01, 1)
