-- asset: analytics/outcomes_by_month
-- severity: error
-- blocking: yes
-- description: The months do not add up to the won and lost deals of analytics.funnel. Run `aha
-- sync` to build both again.

with whole as (
    select
        sum(records) filter (where meaning = 'won') as won_deals,
        sum(value) filter (where meaning = 'won') as won_value,
        sum(records) filter (where meaning = 'lost') as lost_deals,
        sum(value) filter (where meaning = 'lost') as lost_value
    from analytics.funnel
    where entity = 'deal'
),
parts as (
    select
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value
    from analytics.outcomes_by_month
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from whole w
cross join parts p
cross join lateral (values
    ('won deals', w.won_deals, p.won_deals),
    ('won value', w.won_value, p.won_value),
    ('lost deals', w.lost_deals, p.lost_deals),
    ('lost value', w.lost_value, p.lost_value)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
