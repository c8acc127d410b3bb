-- asset: analytics/daily_flows
-- severity: error
-- blocking: yes
-- description: The days do not add up to the leads of analytics.lead_volume and the won and lost
-- deals of analytics.funnel. Run `aha sync` to build them again.

with created as (
    select day, sum(leads) as leads
    from analytics.lead_volume
    where day is not null
    group by day
),
whole as (
    select
        sum(records) filter (where meaning = 'won') as won_deals,
        sum(value) filter (where meaning = 'won') as won_value,
        sum(records) filter (where meaning = 'lost') as lost_deals,
        sum(value) filter (where meaning = 'lost') as lost_value
    from analytics.funnel
    where entity = 'deal'
),
days as (
    select
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value
    from analytics.daily_flows
)
select
    'new leads of ' || day as rule,
    coalesce(c.leads, 0) as expected,
    coalesce(f.new_leads, 0) as found
from created c
full join analytics.daily_flows f using (day)
where coalesce(f.new_leads, 0) <> coalesce(c.leads, 0)
union all
select f.figure, coalesce(f.expected, 0), coalesce(f.found, 0)
from whole w
cross join days d
cross join lateral (values
    ('won deals', w.won_deals, d.won_deals),
    ('won value', w.won_value, d.won_value),
    ('lost deals', w.lost_deals, d.lost_deals),
    ('lost value', w.lost_value, d.lost_value)
) f (figure, expected, found)
where coalesce(f.found, 0) <> coalesce(f.expected, 0)
