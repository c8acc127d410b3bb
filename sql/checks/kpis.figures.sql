-- asset: analytics/kpis
-- severity: error
-- blocking: yes
-- description: The days disagree with analytics.funnel_by_day, analytics.daily_flows or
-- analytics.pipeline_movements. Run `aha sync` to build them again.
--
-- Days of the newest unbroken stretch: a sync rebuilds that one, and older ones when it gets
-- there.

with numbered as (
    select *, day - (row_number() over (order by day))::integer as stretch
    from analytics.kpis
),
days as (
    select * from numbered where stretch = (select max(stretch) from numbered)
),
steps as (
    select
        day,
        sum(records) filter (where entity = 'lead') as leads,
        sum(records) filter (where entity = 'lead' and meaning = 'junk') as junk_leads,
        sum(records) filter (where entity = 'deal' and meaning = 'open') as open_deals,
        sum(value) filter (where entity = 'deal' and meaning = 'open') as open_value,
        sum(weighted_value) filter (where entity = 'deal' and meaning = 'open') as weighted_value
    from analytics.funnel_by_day
    group by day
),
moved as (
    select
        day,
        sum(deals) as deals,
        sum(value) as value,
        sum(weighted_value) as weighted_value
    from analytics.pipeline_movements
    group by day
),
changed as (
    select
        day,
        open_deals - lag(open_deals) over by_day as deals,
        open_pipeline_value - lag(open_pipeline_value) over by_day as value,
        weighted_pipeline_value - lag(weighted_pipeline_value) over by_day as weighted_value
    from days
    window by_day as (order by day)
)
select c.figure || ' of ' || d.day as rule, coalesce(c.expected, 0) as expected, c.found
from days d
left join steps s using (day)
left join analytics.daily_flows f using (day)
cross join lateral (values
    ('leads', s.leads, d.leads),
    ('junk leads', s.junk_leads, d.junk_leads),
    ('open deals', s.open_deals, d.open_deals),
    ('open pipeline', s.open_value, d.open_pipeline_value),
    ('weighted pipeline', s.weighted_value, d.weighted_pipeline_value),
    ('new leads', f.new_leads, d.new_leads),
    ('won deals', f.won_deals, d.won_deals),
    ('won value', f.won_value, d.won_value),
    ('lost deals', f.lost_deals, d.lost_deals),
    ('lost value', f.lost_value, d.lost_value)
) c (figure, expected, found)
where c.found is distinct from coalesce(c.expected, 0)
union all
select f.figure || ' moved on ' || c.day, coalesce(f.expected, 0), f.found
from changed c
left join moved m using (day)
cross join lateral (values
    ('open deals', m.deals, c.deals),
    ('open pipeline', m.value, c.value),
    ('weighted pipeline', m.weighted_value, c.weighted_value)
) f (figure, expected, found)
where f.found <> coalesce(f.expected, 0)
