-- grain: one row per industry of live accounts
-- kind: table
-- key: industry
-- owner: sales operations
-- A deal belongs to the industry of its account. Deals without a live account are in '(none)',
-- with those whose account has no industry, so the deals of all rows sum to all live deals.
-- figures:
--   accounts (count): live accounts of the industry
--   open_deals (count): open deals of its accounts
--   open_value (money): sum of Amount of its open deals; null where the value of none is known
--   won_value (money): sum of Amount of its won deals; null where the value of none is known

-- Once: to work out the label of an industry takes longer than all else of an account.
with labelled as materialized (
    select id, industry from analytics.accounts
),
deals as (
    select
        coalesce(a.industry, '(none)') as industry,
        sum(d.open_deals)::bigint as open_deals,
        sum(d.open_value) filter (where d.valued_open_deals > 0) as open_value,
        bool_or(d.won_deals > 0) as is_any_won,
        sum(d.won_value) filter (where d.valued_won_deals > 0) as won_value
    from analytics.account_deals d
    left join labelled a on a.id = d.account_id
    group by 1
),
accounts as (
    select industry, count(*) as accounts
    from labelled
    group by industry
)
select
    industry,
    coalesce(a.accounts, 0) as accounts,
    coalesce(d.open_deals, 0) as open_deals,
    case when d.open_deals > 0 then d.open_value else 0 end as open_value,
    case when d.is_any_won then d.won_value else 0 end as won_value
from accounts a
full join deals d using (industry)
