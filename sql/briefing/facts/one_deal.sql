-- stances: one_deal
-- An open deal that alone is more than a third of the open pipeline at the end of the day, where five
-- deals or more with an amount are open. Not where negative amounts leave less of the whole than it.

with open_deals as (
    select
        id,
        name,
        amount,
        sum(amount) over () as pipeline,
        count(*) over () as deals
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and amount <> 0
)
select
    'one_deal' as stance,
    id as subject,
    array[id] as records,
    %(day)s::date as first_day,
    amount as weight,
    name as deal,
    amount as money,
    pipeline,
    round(measures.pct(amount, pipeline), 1) as pct
from open_deals
where deals >= 5 and 3 * amount > pipeline and amount between 0 and pipeline
