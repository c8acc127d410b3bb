-- stances: none_won
-- No deal was won on the day, of a company that has won one before.

select
    'none_won' as stance,
    '' as subject,
    day as first_day,
    0::numeric as weight
from analytics.kpis
where day = %(day)s and won_deals = 0
    and exists (select from analytics.deals where meaning = 'won' and closed_day < %(day)s)
