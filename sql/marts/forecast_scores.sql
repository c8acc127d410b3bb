-- grain: one row per forecast of a period that is over
-- kind: table
-- key: day, scope, owner_id, period
-- owner: sales operations
-- Every row of analytics.forecasts that said something, beside what came: won in the period by the
-- day on which each deal was won, as known now. Two baselines are scored the same way: won by the day and
-- Amount times probability of the deals that were to close (weighted), and won by the day and what the
-- period before brought from the same part of it on (paced). A guess of one figure is scored as if
-- each of its quantiles were that figure.
-- is_inside_80, is_inside_50: what came lies in the interval. is_back_test: made afterwards, from what
-- had been known on the day.
-- figures:
--   actual_value (money, Deals): won in the period
--   actual_deals (count, Deals): deals won in the period
--   forecast_value (money, Deals): the middle of the forecast
--   error_value (money, Deals): the middle less what came; above zero: too much was forecast
--   loss (money, Deals): mean pinball loss of the 10, 25, 50, 75 and 90 percent quantiles
--   weighted_loss (money, Deals): the same of won and Amount times probability; null where no
--     probability was known
--   paced_loss (money, Deals): the same of the pace of the period before; null where there was none
--   days_to_go (days): from the day to the end of the period

with ended as (
    select f.*
    from analytics.forecasts f
    cross join crm.organisation o
    where f.silent is null and f.last_day < (now() at time zone o.timezone)::date
),
periods as (
    select distinct e.first_day, e.last_day from ended e
),
won as (
    select p.first_day, p.last_day, k.owner_id, sum(k.won_value) as value, sum(k.won_deals) as deals
    from periods p
    join analytics.kpi_parts k on k.day between p.first_day and p.last_day
    group by p.first_day, p.last_day, k.owner_id
),
came as (
    select first_day, last_day, owner_id, value, deals from won
    union all
    select first_day, last_day, '', sum(value), sum(deals)
    from won
    group by first_day, last_day
)
select
    e.day,
    e.scope,
    e.owner_id,
    e.period,
    e.first_day,
    e.last_day,
    e.last_day - e.day as days_to_go,
    e.is_back_test,
    coalesce(c.value, 0) as actual_value,
    coalesce(c.deals, 0)::bigint as actual_deals,
    e.value_p50 as forecast_value,
    coalesce(c.value, 0) between e.value_p10 and e.value_p90 as is_inside_80,
    coalesce(c.value, 0) between e.value_p25 and e.value_p75 as is_inside_50,
    coalesce(c.deals, 0) between e.deals_p10 and e.deals_p90 as is_inside_80_deals,
    e.value_p50 - coalesce(c.value, 0) as error_value,
    measures.pinball_loss(
        coalesce(c.value, 0), e.value_p10, e.value_p25, e.value_p50, e.value_p75, e.value_p90
    ) as loss,
    measures.pinball_loss(
        coalesce(c.value, 0), e.weighted_value, e.weighted_value, e.weighted_value,
        e.weighted_value, e.weighted_value
    ) as weighted_loss,
    measures.pinball_loss(
        coalesce(c.value, 0), e.paced_value, e.paced_value, e.paced_value, e.paced_value,
        e.paced_value
    ) as paced_loss
from ended e
left join came c
    on (c.first_day, c.last_day, c.owner_id) = (e.first_day, e.last_day, e.owner_id)
