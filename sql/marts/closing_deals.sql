-- grain: one row per open deal that is overdue or closes within 30 days
-- kind: table
-- key: id
-- day: today in the organisation's time zone when the table was built. days_left: closing date
-- minus day, negative when overdue. An open deal without a closing date is not here.

select
    d.id,
    d.name,
    d.owner_id,
    d.owner_name,
    d.account_name,
    d.stage,
    d.amount,
    d.weighted_amount,
    d.closing_date,
    d.closing_date - t.day as days_left,
    d.closing_date < t.day as is_overdue,
    t.day
from analytics.deals d
cross join (
    select (now() at time zone o.timezone)::date as day from crm.organisation o
) t
where d.meaning = 'open' and d.closing_date <= t.day + 30
