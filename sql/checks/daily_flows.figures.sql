-- asset: analytics/daily_flows
-- severity: error
-- blocking: yes
-- description: The days do not add up to the leads of analytics.lead_volume and the months of
-- analytics.outcomes_by_month. Run `aha sync` to build them again.

with created as (
    select day, sum(leads) as leads
    from analytics.lead_volume
    where day is not null
    group by day
),
months as (
    select
        date_trunc('month', day::timestamp)::date as month,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value
    from analytics.daily_flows
    group by 1
),
closed as (
    select * from analytics.outcomes_by_month where month is not null
)
select
    'new leads of ' || day as rule,
    coalesce(c.leads, 0) as expected,
    coalesce(f.new_leads, 0) as found
from created c
full join analytics.daily_flows f using (day)
where coalesce(f.new_leads, 0) <> coalesce(c.leads, 0)
union all
select f.figure || ' of ' || month, f.expected, f.found
from months m
full join closed c using (month)
cross join lateral (values
    ('won deals', coalesce(c.won_deals, 0), coalesce(m.won_deals, 0)),
    ('won value', coalesce(c.won_value, 0), coalesce(m.won_value, 0)),
    ('lost deals', coalesce(c.lost_deals, 0), coalesce(m.lost_deals, 0)),
    ('lost value', coalesce(c.lost_value, 0), coalesce(m.lost_value, 0))
) f (figure, expected, found)
where f.found <> f.expected
