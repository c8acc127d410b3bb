-- grain: one row per day and step on which records came or from which they went
-- kind: incremental
-- strategy: merge
-- key: day, entity, position, step, meaning
-- owner: sales operations
-- What moved the stocks: a content of analytics.lead_history or analytics.deal_history adds its
-- record to its step on the day from which it holds, and takes it away on the day it ends. Summed
-- from the beginning up to a day they give the stock at the end of that day, at a price that
-- depends on the number of days and not of records. Steps are those of analytics.funnel; records
-- that came and went within a day come to nothing, and rows of zeros are not kept. day may lie in the
-- future where a date is wrong.
-- figures:
--   records (count): records that came to the step on the day, less those that went
--   value (money): their Amount, came less went; null for leads
--   weighted_value (money): their Amount times probability, came less went; null for leads
--   unweighted (count): of the deals that came, those whose probability was not known, less went
--   unconverted (count): of the deals that came, those whose Amount has no value in the home
--     currency, less those that went

with lead_changes as (
    select
        c.day,
        h.position,
        case when h.is_converted then 'Converted' else h.status end as step,
        h.meaning,
        sum(c.sign) as records
    from analytics.lead_history h
    cross join lateral (values (h.from_day, 1), (h.until_day, -1)) c (day, sign)
    where c.day is not null
    group by 1, 2, 3, 4
),
deal_changes as (
    select
        c.day,
        h.position,
        h.stage as step,
        h.meaning,
        sum(c.sign) as records,
        sum(c.sign * coalesce(h.amount, 0)) as value,
        sum(c.sign * h.weighted_amount) as weighted_value,
        sum(c.sign) filter (where h.probability is null) as unweighted,
        sum(c.sign) filter (where h.is_unconverted) as unconverted
    from analytics.deal_history h
    cross join lateral (values (h.from_day, 1), (h.until_day, -1)) c (day, sign)
    where c.day is not null
    group by 1, 2, 3, 4
)
select
    day,
    'lead' as entity,
    position,
    step,
    meaning,
    records::bigint as records,
    null::numeric as value,
    null::numeric as weighted_value,
    null::bigint as unweighted,
    null::bigint as unconverted
from lead_changes
union all
select day, 'deal', position, step, meaning, records::bigint, value, weighted_value,
    coalesce(unweighted, 0)::bigint, coalesce(unconverted, 0)::bigint
from deal_changes
