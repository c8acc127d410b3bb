-- stances: due_followed
-- Told on Mondays: what became by the end of Sunday of the deals that a message of the weekend before
-- told to be due within seven days, where as many are counted again.

with told as (
    select day, (figures ->> 'n')::bigint as n
    from analytics.briefing_items
    where day between %(day)s::date - 9 and %(day)s::date - 7 and kind = 'due' and stance in ('due', 'due_named') and in_message
        and extract(isodow from %(day)s::date) = 7
    order by day desc, briefing_id desc
    limit 1
),
outcomes as (
    select
        b.id,
        n.amount,
        n.meaning,
        n.meaning = 'open' and n.closing_date > %(day)s as is_later
    from told t
    join analytics.deal_history b
        on b.from_day <= t.day and (b.until_day is null or b.until_day > t.day)
        and b.meaning = 'open' and b.closing_date between t.day + 1 and t.day + 7
    join analytics.deal_history n
        on n.id = b.id and n.from_day <= %(day)s and (n.until_day is null or n.until_day > %(day)s)
)
select
    'due_followed' as stance,
    '' as subject,
    array_agg(o.id order by o.amount desc nulls last, o.id) as records,
    t.day + 1 as first_day,
    coalesce(sum(o.amount), 0) as weight,
    count(*) as n,
    t.day as told,
    count(*) filter (where o.meaning = 'won') as won,
    count(*) filter (where o.meaning = 'lost') as lost,
    count(*) filter (where o.is_later) as later,
    count(*) filter (where o.meaning = 'open' and o.is_later is not true) as still
from outcomes o
cross join told t
group by t.day, t.n
having count(*) = t.n
    and count(*) = count(*) filter (where o.meaning in ('won', 'lost', 'open'))
