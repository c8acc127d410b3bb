-- grain: one row per industry of accounts or of deals, most accounts first

select industry, accounts, open_deals, open_value, won_value
from analytics.accounts_by_industry
order by accounts desc, industry
