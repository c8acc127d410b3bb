-- How many deals are in none of the values of the tables.

select count(*) as deals
from analytics.unconverted_deals
