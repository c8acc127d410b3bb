-- grain: one row per open deal that is overdue or closes within 30 days, the most overdue first

select
    name, account_name, owner_name, stage, amount, closing_date, days_left, is_overdue, id
from analytics.closing_deals
order by closing_date, amount desc nulls last, id
