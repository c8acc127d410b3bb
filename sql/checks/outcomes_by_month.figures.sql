-- asset: analytics/outcomes_by_month
-- severity: error
-- blocking: yes
-- description: The months are not the sums of the days of analytics.daily_flows. Run `aha sync` to
-- build both again.

with days as (
    select
        date_trunc('month', day::timestamp)::date as month,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value
    from analytics.daily_flows
    group by 1
)
select f.figure || ' of ' || month as rule, f.expected, f.found
from days d
full join analytics.outcomes_by_month m using (month)
cross join lateral (values
    ('won deals', coalesce(d.won_deals, 0), coalesce(m.won_deals, 0)),
    ('won value', coalesce(d.won_value, 0), coalesce(m.won_value, 0)),
    ('lost deals', coalesce(d.lost_deals, 0), coalesce(m.lost_deals, 0)),
    ('lost value', coalesce(d.lost_value, 0), coalesce(m.lost_value, 0))
) f (figure, expected, found)
where f.found <> f.expected
