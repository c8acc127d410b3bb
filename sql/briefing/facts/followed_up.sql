-- stances: advice_won, advice_lost, advice_date, advice_stage, advice_open
-- What became of the deals that the last briefing before the day gave advice on.

with advised as (
    select distinct on (i.subject) i.subject as id, i.day
    from analytics.briefing_items i
    where i.day = (
        select max(day) from analytics.briefing_items where day between %(day)s::date - 3
            and %(day)s::date - 1
    )
    and i.advised and i.subject <> ''
    order by i.subject, i.briefing_id desc
),
compared as (
    select a.id, n.name, n.amount, n.meaning, n.closing_date, n.stage,
        b.closing_date as date_before, b.stage as stage_before, a.day,
        (n.stage, n.closing_date, n.original_amount)
            is not distinct from (b.stage, b.closing_date, b.original_amount) as is_same
    from advised a
    join analytics.deal_history b
        on b.id = a.id and b.from_day <= a.day and (b.until_day is null or b.until_day > a.day)
    join analytics.deal_history n
        on n.id = a.id and n.from_day <= %(day)s and (n.until_day is null or n.until_day > %(day)s)
    where b.meaning = 'open'
)
select
    case
        when meaning = 'won' then 'advice_won'
        when meaning = 'lost' then 'advice_lost'
        when closing_date > date_before then 'advice_date'
        when stage <> stage_before then 'advice_stage'
        else 'advice_open'
    end as stance,
    id as subject,
    array[id] as records,
    day as first_day,
    case when meaning = 'open' and (closing_date > date_before) is not true
        and stage = stage_before then 0 else coalesce(amount, 0) end as weight,
    name as deal,
    amount as money,
    case when meaning = 'open' and closing_date > date_before then closing_date end as date,
    case when meaning = 'open' and closing_date > date_before then date_before end as date_before,
    case when meaning = 'open' and (closing_date > date_before) is not true
        and stage <> stage_before then stage end as stage,
    case when meaning = 'open' and (closing_date > date_before) is not true
        and stage <> stage_before then stage_before end as stage_before
from compared
-- Of an earlier date, or of another amount, nothing is said: the deal did move.
where meaning <> 'open' or is_same or closing_date > date_before or stage <> stage_before
