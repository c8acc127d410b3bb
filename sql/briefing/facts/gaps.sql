-- stances: gap_amount, gap_date, gap_source
-- Told on Mondays, of the Sunday before: what was missing in the deals open at its end and in the
-- week's leads. An amount in a currency that cannot be converted is not missing.

with open_deals as (
    select id, original_amount, closing_date
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s) and meaning = 'open'
),
missing as (
    select
        'gap_amount' as stance,
        count(*) filter (where original_amount is null) as n,
        count(*) as total,
        array_agg(id order by id) filter (where original_amount is null) as records
    from open_deals
    union all
    select
        'gap_date',
        count(*) filter (where closing_date is null),
        count(*),
        array_agg(id order by id) filter (where closing_date is null)
    from open_deals
    union all
    select
        'gap_source', count(*) filter (where source = '(none)'), count(*), null
    from analytics.leads
    where day between %(day)s::date - 6 and %(day)s
)
select
    stance,
    '' as subject,
    records,
    %(day)s::date - 6 as first_day,
    0::numeric as weight,
    n,
    total as "of"
from missing
where extract(isodow from %(day)s::date) = 7 and n > 0
