-- asset: analytics/kpi_parts
-- severity: error
-- blocking: yes
-- description: The sources and owners do not add up to analytics.daily_flows or to
-- analytics.daily_changes. Run `aha sync` to build all three again.

with parts as (
    select
        day,
        sum(new_leads) as new_leads,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value,
        sum(leads_change) as leads_change,
        sum(junk_leads_change) as junk_leads_change,
        sum(open_deals_change) as open_deals_change,
        sum(open_value_change) as open_value_change,
        sum(weighted_value_change) as weighted_value_change
    from analytics.kpi_parts
    where day is not null
    group by day
),
changes as (
    select
        day,
        sum(records) filter (where entity = 'lead') as leads_change,
        sum(records) filter (where entity = 'lead' and meaning = 'junk') as junk_leads_change,
        sum(records) filter (where entity = 'deal' and meaning = 'open') as open_deals_change,
        sum(value) filter (where entity = 'deal' and meaning = 'open') as open_value_change,
        sum(weighted_value) filter (where entity = 'deal' and meaning = 'open')
            as weighted_value_change
    from analytics.daily_changes
    group by day
)
select
    c.figure || ' on ' || day as rule,
    coalesce(c.expected, 0) as expected,
    coalesce(c.found, 0) as found
from parts p
full join analytics.daily_flows f using (day)
full join changes h using (day)
cross join lateral (values
    ('new leads', f.new_leads::numeric, p.new_leads),
    ('won deals', f.won_deals, p.won_deals),
    ('won value', f.won_value, p.won_value),
    ('lost deals', f.lost_deals, p.lost_deals),
    ('lost value', f.lost_value, p.lost_value),
    ('change of leads', h.leads_change, p.leads_change),
    ('change of junk leads', h.junk_leads_change, p.junk_leads_change),
    ('change of open deals', h.open_deals_change, p.open_deals_change),
    ('change of open value', h.open_value_change, p.open_value_change),
    ('change of weighted value', h.weighted_value_change, p.weighted_value_change)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
