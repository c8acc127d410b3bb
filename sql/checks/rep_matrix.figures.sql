-- asset: analytics/rep_matrix
-- severity: error
-- blocking: yes
-- description: The owners do not add up to the leads and deals of analytics.funnel. Run `aha sync`
-- to build both again.

with leads as (
    select
        sum(records) as leads,
        sum(records) filter (where meaning = 'junk') as junk,
        sum(records) filter (where meaning in ('qualified', 'converted')) as qualified
    from analytics.funnel
    where entity = 'lead'
),
deals as (
    select
        sum(deals) filter (where meaning = 'open') as open_deals,
        sum(value) filter (where meaning = 'open') as open_value,
        sum(weighted_value) filter (where meaning = 'open') as weighted_value,
        sum(deals) filter (where meaning = 'won') as won_deals,
        sum(value) filter (where meaning = 'won') as won_value,
        sum(deals) filter (where meaning = 'lost') as lost_deals,
        sum(value) filter (where meaning = 'lost') as lost_value,
        sum(deals) filter (where meaning in ('won', 'lost')) as closed_deals
    from analytics.pipeline_by_stage
),
parts as (
    select
        sum(leads) as leads,
        sum(junk_leads) as junk,
        sum(leads_qualified) as qualified,
        sum(open_deals) as open_deals,
        sum(open_value) as open_value,
        sum(weighted_value) as weighted_value,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value,
        sum(lost_deals) as lost_deals,
        sum(lost_value) as lost_value,
        sum(closed_deals) as closed_deals
    from analytics.rep_matrix
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from leads l
cross join deals d
cross join parts p
cross join lateral (values
    ('leads', l.leads, p.leads),
    ('junk leads', l.junk, p.junk),
    ('qualified leads', l.qualified, p.qualified),
    ('open deals', d.open_deals, p.open_deals),
    ('open value', d.open_value, p.open_value),
    ('weighted value', d.weighted_value, p.weighted_value),
    ('won deals', d.won_deals, p.won_deals),
    ('won value', d.won_value, p.won_value),
    ('lost deals', d.lost_deals, p.lost_deals),
    ('lost value', d.lost_value, p.lost_value),
    ('closed deals', d.closed_deals, p.closed_deals)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
