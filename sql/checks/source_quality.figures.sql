-- asset: analytics/source_quality
-- severity: error
-- blocking: yes
-- description: The sources do not add up to the leads and won deals of analytics.funnel. Run `aha
-- sync` to build both again.

with whole as (
    select
        sum(records) filter (where entity = 'lead') as leads,
        sum(records) filter (where entity = 'lead' and meaning = 'open') as open,
        sum(records) filter (where entity = 'lead' and meaning in ('qualified', 'converted'))
            as qualified,
        sum(records) filter (where entity = 'lead' and meaning = 'converted') as converted,
        sum(records) filter (where entity = 'lead' and meaning = 'lost') as lost,
        sum(records) filter (where entity = 'lead' and meaning = 'junk') as junk,
        sum(records) filter (where entity = 'deal' and meaning = 'won') as won_deals,
        sum(value) filter (where entity = 'deal' and meaning = 'won') as won_value
    from analytics.funnel
),
parts as (
    select
        sum(leads) as leads,
        sum(open_leads) as open,
        sum(qualified_leads) as qualified,
        sum(converted_leads) as converted,
        sum(lost_leads) as lost,
        sum(junk_leads) as junk,
        sum(won_deals) as won_deals,
        sum(won_value) as won_value
    from analytics.source_quality
)
select c.figure as rule, coalesce(c.expected, 0) as expected, coalesce(c.found, 0) as found
from whole w
cross join parts p
cross join lateral (values
    ('leads', w.leads, p.leads),
    ('open leads', w.open, p.open),
    ('qualified leads', w.qualified, p.qualified),
    ('converted leads', w.converted, p.converted),
    ('lost leads', w.lost, p.lost),
    ('junk leads', w.junk, p.junk),
    ('won deals', w.won_deals, p.won_deals),
    ('won value', w.won_value, p.won_value)
) c (figure, expected, found)
where coalesce(c.found, 0) <> coalesce(c.expected, 0)
union all
select
    'leads of source ' || source,
    open_leads + qualified_leads + lost_leads + junk_leads,
    leads
from analytics.source_quality
where leads <> open_leads + qualified_leads + lost_leads + junk_leads
