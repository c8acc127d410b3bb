-- asset: analytics/accounts_by_industry
-- severity: error
-- blocking: yes
-- description: The industries do not add up to the live accounts and the deals of analytics.funnel.
-- Run `aha sync` to build both again.

with deals as (
    select
        sum(records) filter (where meaning = 'open') as open_deals,
        sum(value) filter (where meaning = 'open') as open_value,
        sum(value) filter (where meaning = 'won') as won_value
    from analytics.funnel
    where entity = 'deal'
),
accounts as (
    select count(*) as accounts from analytics.accounts
),
parts as (
    select
        sum(accounts) as accounts,
        sum(open_deals) as open_deals,
        sum(open_value) as open_value,
        sum(won_value) as won_value
    from analytics.accounts_by_industry
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from deals d
cross join accounts a
cross join parts p
cross join lateral (values
    ('accounts', a.accounts, p.accounts),
    ('open deals', d.open_deals, p.open_deals),
    ('open value', d.open_value, p.open_value),
    ('won value', d.won_value, p.won_value)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
