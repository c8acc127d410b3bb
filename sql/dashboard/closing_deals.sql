-- grain: one row per open deal that is overdue or closes within 30 days, the most overdue first

select
    name, account_name, owner_name, stage, amount, closing_date, days_left, is_overdue, id
from analytics.closing_deals
where (%(sources)s::text[] is null or source = any(%(sources)s))
    and (%(owners)s::text[] is null or owner_id = any(%(owners)s))
order by closing_date, amount desc nulls last, id
