-- grain: one row per stage of live deals, closed ones too
-- kind: table
-- key: stage
-- owner: sales operations
-- The open pipeline is the sum of value over the stages whose meaning is open.
-- Two ages: avg_age_days of the deals' whole life, median_days_in_stage of their time in the stage.
-- The latter, older_deals and won_limit_days are null for closed stages.
-- figures:
--   deals (count): live deals on the stage
--   value (money): sum of Amount; a deal without an amount counts as a deal of value 0
--   weighted_value (money): sum of Amount times probability (won 100, lost 0)
--   avg_age_days (days): mean days from creation to today, for closed stages to the closing day; 0
--     for a deal that was entered after it had closed
--   median_days_in_stage (days): median days since the deals came to the stage, where that is not
--     known since their creation (analytics.stage_stays)
--   older_deals (count): deals that stand in the stage longer than 80 % of the won ones did
--     (analytics.slipping_deals); null where fewer than 10 won ones are known
--   won_limit_days (days): the time within which 80 % of the won ones left it; null as well

with stages as (
    select
        d.position,
        d.stage,
        d.meaning,
        count(*) as deals,
        coalesce(sum(d.amount), 0) as value,
        sum(d.weighted_amount) as weighted_value,
        avg(greatest(
            coalesce(d.closed_day, (now() at time zone o.timezone)::date) - d.day, 0
        )) as avg_age_days,
        percentile_cont(0.5) within group (order by s.days) filter (where d.meaning = 'open')
            as days_in_stage,
        count(*) filter (where r.is_older) as older_deals
    from analytics.deals d
    join crm.organisation o on o.singleton
    left join analytics.stage_stays s on s.id = d.id and s.is_standing
    left join analytics.slipping_deals r on r.id = d.id
    group by d.position, d.stage, d.meaning
),
limits as (
    select stage, won_limit_days
    from analytics.time_in_stage
    where meaning = 'open' and won_limit_days is not null
)
select
    s.position,
    s.stage,
    s.meaning,
    s.deals,
    s.value,
    s.weighted_value,
    s.avg_age_days,
    s.days_in_stage::numeric as median_days_in_stage,
    case when l.stage is not null then s.older_deals end as older_deals,
    l.won_limit_days
from stages s
left join limits l on l.stage = s.stage
