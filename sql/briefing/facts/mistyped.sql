-- stances: date_mistyped, dates_mistyped
-- The largest open deal whose closing date is of a mistyped year (measures.is_mistyped), and how many
-- there are where they are several. year: as it is in the record.

with mistyped as (
    select
        id,
        name,
        amount,
        closing_date,
        count(*) over () as deals,
        row_number() over (order by amount desc nulls last, id) as rank
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and measures.is_mistyped(closing_date, %(day)s)
)
select
    case when deals = 1 then 'date_mistyped' else 'dates_mistyped' end as stance,
    id as subject,
    array[id] as records,
    %(day)s::date as first_day,
    coalesce(amount, 0) as weight,
    case when deals > 1 then deals end as n,
    name as deal,
    extract(year from closing_date)::text as year
from mistyped
where rank = 1
