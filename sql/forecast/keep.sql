-- The store of forecasts.

-- name: made
-- The days of which there are forecasts.
select distinct day from analytics.forecasts where day between %(first)s and %(last)s

-- name: add
insert into analytics.forecasts (
    day, scope, owner_id, period, first_day, last_day, won_value, won_deals,
    value_p10, value_p25, value_p50, value_p75, value_p90,
    deals_p10, deals_p25, deals_p50, deals_p75, deals_p90,
    weighted_value, weighted_deals, paced_value, paced_deals, closed_deals, silent, is_back_test
) values %s
on conflict do nothing
