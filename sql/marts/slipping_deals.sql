-- grain: one row per open deal with at least one reason to expect less of it, or later
-- kind: view
-- owner: sales operations
-- Live deals, of analytics.open_deals, which says what of their contents is compared. Not stored, for
-- with the days in a stage every row would be another one at each sync.
-- is_pushed: from one open content to the next the closing date became later, at least once.
-- is_back: it stands before the furthest open stage that it had reached (furthest_stage).
-- is_cut: its amount is below the highest that it had; an amount taken away is cut to 0, and one that
-- cannot be had in the home currency is not known to be cut.
-- is_older: it stands in its stage longer than 80 % of the won deals did (won_limit_days of
-- analytics.time_in_stage, which wants 10 won deals); never where is_start_known is false, for
-- then days_in_stage is since its creation and the most that it can be.
-- is_overdue: its closing date is before today in the organisation's time zone.
-- reasons: those that hold, in words, in this order.
-- figures:
--   amount (money): Amount of the deal, null where empty
--   value (money): Amount, 0 where empty
--   times_pushed (count): how often the closing date became later
--   days_pushed (days): by how many days in all; what was brought forward is not taken off
--   amount_cut (money): highest Amount while open less the present one; 0 where it is not cut
--   days_in_stage (days): since the deal came to its present stage
--   won_limit_days (days): within this time 80 % of the won deals left the stage; null below 10
--   days_overdue (days): days since the closing date; 0 where it is not past

with measured as (
    select
        d.*,
        d.position < d.furthest_position as is_back,
        greatest(d.highest_amount - coalesce(d.amount, 0), 0) as amount_cut,
        s.days,
        t.won_limit_days,
        coalesce(d.is_start_known and s.days > t.won_limit_days, false) as is_older,
        greatest((now() at time zone o.timezone)::date - d.closing_date, 0) as days_overdue
    from analytics.open_deals d
    cross join lateral (select crm.days_between(d.came_at, now()) as days) s
    cross join crm.organisation o
    left join analytics.time_in_stage t on t.stage = d.stage
)
select
    m.id,
    m.name,
    m.owner_id,
    coalesce(w.owner_name, m.owner_id) as owner_name,
    m.account_name,
    m.source,
    m.stage,
    m.amount,
    coalesce(m.amount, 0) as value,
    m.closing_date,
    m.times_pushed > 0 as is_pushed,
    m.times_pushed,
    m.days_pushed,
    m.is_back,
    case when m.is_back then m.furthest_stage end as furthest_stage,
    m.amount_cut > 0 as is_cut,
    m.amount_cut,
    m.is_older,
    m.days as days_in_stage,
    m.is_start_known,
    m.won_limit_days,
    m.days_overdue > 0 as is_overdue,
    m.days_overdue,
    concat_ws(
        ', ',
        case when m.times_pushed > 0 then 'closing date pushed' end,
        case when m.is_back then 'moved back a stage' end,
        case when m.amount_cut > 0 then 'amount cut' end,
        case when m.is_older then 'in its stage longer than most won deals' end,
        case when m.days_overdue > 0 then 'overdue' end
    ) as reasons
from measured m
left join analytics.owners w on w.owner_id = m.owner_id
where m.times_pushed > 0 or m.is_back or m.amount_cut > 0 or m.is_older or m.days_overdue > 0
