-- grain: one row per stage of live deals, closed ones too
-- kind: table
-- key: stage
-- owner: sales operations
-- The open pipeline is the sum of value over the stages whose meaning is open.
-- Two ages: avg_age_days of the deals' whole life, median_days_in_stage of their time in the stage.
-- The latter, older_deals and won_limit_days are null for closed stages.
-- figures:
--   deals (count): live deals on the stage
--   value (money): sum of Amount; a deal without an amount counts as a deal of value 0, and where
--     none has a known value it is null
--   weighted_value (money): sum of Amount times probability (won 100, lost 0); null as well
--   avg_age_days (days): mean days from creation to today, for closed stages to the closing day; 0
--     for a deal that was entered after it had closed
--   median_days_in_stage (days): median days since the deals came to the stage, of those of which it
--     is known since when they are there (analytics.stage_stays)
--   untimed_deals (count): open deals of which that is not known
--   older_deals (count): deals that stand in the stage longer than 80 % of the won ones did
--     (analytics.slipping_deals); null where fewer than 10 won ones are known
--   won_limit_days (days): the time within which 80 % of the won ones left it; null as well

select
    position,
    stage,
    meaning,
    deals,
    value,
    weighted_value,
    avg_age_days,
    median_days_in_stage,
    untimed_deals,
    older_deals,
    won_limit_days
from measures.stages()
