-- stances: gap_amount, gap_date, gap_source
-- Told on Mondays, of the Sunday before: what is missing in open deals and in the week's leads.

with missing as (
    select
        'gap_amount' as stance,
        count(*) filter (where amount is null) as n,
        count(*) as total,
        array_agg(id order by id) filter (where amount is null) as records
    from analytics.deals
    where meaning = 'open'
    union all
    select
        'gap_date',
        count(*) filter (where closing_date is null),
        count(*),
        array_agg(id order by id) filter (where closing_date is null)
    from analytics.deals
    where meaning = 'open'
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
