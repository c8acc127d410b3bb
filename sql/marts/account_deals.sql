-- grain: one row per account with live deals, and one for the deals without an account
-- kind: incremental
-- strategy: merge
-- key: account_id
-- owner: sales operations
-- figures:
--   deals (count): live deals of the account
--   open_deals (count): open deals of the account
--   valued_open_deals (count): those of them whose value is known
--   open_value (money): sum of Amount of the open deals
--   won_deals (count): won deals of the account
--   valued_won_deals (count): those of them whose value is known
--   won_value (money): sum of Amount of the won deals

select
    account_id,
    count(*) as deals,
    count(*) filter (where meaning = 'open') as open_deals,
    count(amount) filter (where meaning = 'open') as valued_open_deals,
    coalesce(sum(amount) filter (where meaning = 'open'), 0) as open_value,
    count(*) filter (where meaning = 'won') as won_deals,
    count(amount) filter (where meaning = 'won') as valued_won_deals,
    coalesce(sum(amount) filter (where meaning = 'won'), 0) as won_value
from analytics.deals
group by account_id
