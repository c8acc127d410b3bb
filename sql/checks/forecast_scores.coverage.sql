-- asset: analytics/forecast_scores
-- severity: warn
-- blocking: no
-- description: Fewer than 65 % of the last twelve month-ends lay inside the 80 % interval. The forecast is too sure of itself; until it recovers take its ranges for narrower than they should be.
--
-- By the forecasts made in the middle of each month. Eight month-ends at least, so that chance alone
-- rarely raises it: of twelve that should be inside eight times in ten, seven or fewer are so one time
-- in fourteen.

select r.periods, r.inside_80, r.coverage_80_pct
from crm.organisation o
cross join lateral measures.forecast_record(
    (now() at time zone o.timezone)::date, 'month', '', 15
) r
where r.periods >= 8 and r.coverage_80_pct < 65
