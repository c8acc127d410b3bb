-- grain: one row per period that holds today and whom it is of: the company, or a rep or source with a target
-- kind: table
-- owner: sales operations
-- As of now: won includes what has been won today, and today counts as a day that is left. The
-- company has its month, fiscal quarter and fiscal year with or without a target; reps and sources
-- only where analytics.targets holds one. A target that is not compared is named by the check on
-- analytics.targets. Of past periods those count that began after the first deal: of twelve months,
-- eight quarters, three years before.
-- scope: company, rep or source. period: month, quarter or year, the latter two of the fiscal year.
-- figures:
--   target_value (money, Deals): what is to be won in the period; null where no amount is set
--   target_deals (count, Deals): how many deals are to be won in it; null where no number is set
--   won_value (money, Deals): won in the period up to now
--   won_deals (count, Deals): deals won in the period up to now
--   to_go_value (money, Deals): target less won; below zero, so much more than the target is won
--   to_go_deals (count, Deals): target less won, in deals
--   attained_pct (percent, Deals): won / target
--   days_gone (count): working days of the period before today
--   days_left (count): working days of the period from today on
--   needed_a_day (money, Deals): what must still be won on each working day that is left
--   usual_pct (percent, Deals): how much of what they brought in past periods had won when as much of
--     them was over; the median
--   usual_low_pct (percent, Deals): the same, the least of them
--   usual_high_pct (percent, Deals): the same, the most of them
--   usual_periods (count, Deals): how many past periods these three rest on
--   usual_value (money, Deals): target times usual_pct: what would be won by now on course
--   usual_low_value (money, Deals): target times usual_low_pct
--   usual_high_value (money, Deals): target times usual_high_pct
--   ahead_value (money, Deals): won less usual_value; below zero: behind
--   closing_deals (count, Deals): open deals whose closing date lies in the period
--   closing_value (money, Deals): sum of their Amount
--   closing_weighted_value (money, Deals): sum of their Amount times probability
--   coverage_pct (percent, Deals): closing_value / what is to go; null where nothing is
--   weighted_coverage_pct (percent, Deals): closing_weighted_value / what is to go
--   reps_target_value (money, Deals): sum of the reps' targets for the same period; need not be the
--     company's
--   sources_target_value (money, Deals): sum of the sources' targets for the same period

select p.*
from crm.organisation o
cross join lateral measures.pace(
    (now() at time zone o.timezone)::date, (now() at time zone o.timezone)::date
) p
