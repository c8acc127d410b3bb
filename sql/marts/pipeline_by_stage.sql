-- grain: one row per stage of live deals, closed ones too
-- kind: table
-- key: stage
-- The open pipeline is the sum of value over the stages whose meaning is open; weighted_value is
-- amount times probability (won 100, lost 0). A deal without an amount counts as a deal of value 0.
-- avg_age_days: mean days from creation to today, for closed stages to the closing day.

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
