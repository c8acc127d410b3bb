-- Where every live record stands: by what its step means, leads beside deals.

select
    meaning,
    sum(records) filter (where entity = 'lead') as leads,
    sum(records) filter (where entity = 'deal') as deals
from analytics.funnel
group by meaning
order by array_position(
    array['open', 'qualified', 'converted', 'won', 'junk', 'lost'], meaning)
