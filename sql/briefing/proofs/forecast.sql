-- Whether the forecast of the month is the one that was stored; see glance.sql.

-- name: forecast_month
select array[%(low)s, %(money)s, %(high)s]::numeric[] = (
    select array[value_p10, value_p50, value_p90]
    from analytics.forecasts
    where (day, scope, owner_id, period) = (%(day)s, 'company', '', 'month') and last_day > %(day)s
)
