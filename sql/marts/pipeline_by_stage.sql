-- grain: one row per stage of live deals, closed ones too
-- kind: table
-- key: stage
-- owner: sales operations
-- The open pipeline is the sum of value over the stages whose meaning is open.
-- figures:
--   deals (count): live deals on the stage
--   value (money): sum of Amount; a deal without an amount counts as a deal of value 0
--   weighted_value (money): sum of Amount times probability (won 100, lost 0)
--   avg_age_days (days): mean days from creation to today, for closed stages to the closing day

select
    d.position,
    d.stage,
    d.meaning,
    count(*) as deals,
    coalesce(sum(d.amount), 0) as value,
    sum(d.weighted_amount) as weighted_value,
    round(avg(greatest(
        coalesce(d.closed_day, (now() at time zone o.timezone)::date) - d.day, 0
    )), 1) as avg_age_days
from analytics.deals d
join crm.organisation o on o.singleton
group by d.position, d.stage, d.meaning
