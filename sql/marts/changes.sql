-- grain: one row per day, figure and number of days that the figure is taken over, up to yesterday
-- kind: daily
-- key: day, figure, days
-- owner: sales operations
-- What moved against its own normal. Figures over 1 day: new_leads, won_deals, won_value,
-- lost_deals, lost_value as in analytics.daily_flows. Over 1 and over 7 days: open_deals,
-- open_pipeline_value and weighted_pipeline_value, of which value is the movement, not the stock.
-- Over 7 days: junk_pct, the share of junk among the leads of analytics.week_leads.
-- Compared is with the same weekday of the eight weeks before, so a Sunday with Sundays; a period
-- of seven days with those that ended on that weekday. Only periods count of which no day is
-- before the first one with a lead, or a deal; for junk_pct those in which leads came and were read
-- by this pipeline. Of fewer than 4 there is no normal and no verdict; nor is there for one day on which
-- the company is known not to work (crm.holidays), which no usual day is like.
-- normal: the interquartile mean of them (of an odd number the oldest is left out, and of the rest
-- the highest and the lowest quarter, rounded down). Nearly the median, and like it untouched by a
-- holiday or two; but unlike it a sum over parts, and exact in decimals. Of equal ones the nearer
-- counts as the lower. compared_with: the last days of the periods in that mean.
-- For junk_pct: junk over leads of all the periods together.
-- spread: 1.4826 times the median absolute deviation from normal, the standard deviation where all
-- is normally distributed. At least what chance does to things that come one by one (compound
-- Poisson): the root mean square of the size of a lead, deal or movement times the root of their
-- usual number, at least of 1; for junk_pct the binomial standard error. Sizes are those of the
-- periods compared with, and where nothing happened in them those of the day.
-- score: change / spread. is_unusual: 3 or more, either way, as on a control chart.
-- is_good: whether the direction is good news; null where neither is.
-- figures:
--   days (days): days that the figure is taken over, 1 or 7, the last of them the day
--   value (number): the figure of the day or days; money, count or percent as unit says
--   normal (number): what it would be on a usual day of that weekday
--   change (number): value less normal; of junk_pct in percentage points
--   spread (number): how far it lies from normal on a usual day, in the unit of the figure
--   score (number): change divided by spread
--   comparable_days (count): periods to compare with, at most 8

select c.*
from crm.organisation o
cross join lateral measures.changes(
    %(first_day)s::date,
    least(%(last_day)s::date, (now() at time zone o.timezone)::date - 1)
) c
