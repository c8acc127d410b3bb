-- grain: one row per length of the wait for the first touch, as analytics.first_touch_worth has it

select wait, leads, converted, converted_pct, low_pct, high_pct
from analytics.first_touch_worth
order by position
