-- stances: rep_most_month
-- The rep with the most value won in the month, where no other has as much, two have won, and five
-- deals with an amount or more are won.

with reps as (
    select
        owner_id,
        owner_name,
        sum(amount) as money,
        array_agg(id order by id) as records,
        count(*) over () as reps,
        sum(count(*)) over () as wins
    from analytics.deals
    where meaning = 'won'
        and closed_day between date_trunc('month', %(day)s::date) and %(day)s
        and amount > 0 and owner_id <> '(none)'
    group by owner_id, owner_name
),
ranked as (
    select *, lead(money) over (order by money desc, owner_id) as next_money
    from reps
    order by money desc, owner_id
    limit 1
)
select
    'rep_most_month' as stance,
    owner_id as subject,
    records,
    date_trunc('month', %(day)s::date)::date as first_day,
    money as weight,
    owner_name as owner,
    money
from ranked
where wins >= 5 and measures.stands_out(money, next_money, reps, 2)
