-- stances: won_largest_month, won_repeat, won_after_gap, won, won_many
-- Deals won on the day. Three or more are told together, but for the largest of five or more
-- of the month.

with wins as (
    select id, name, amount, owner_name, source, closed_day, account_id
    from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
),
earlier as (
    select max(closed_day) as day
    from wins
    where closed_day < %(day)s
),
today as (
    select
        w.*,
        count(*) over () as wins,
        row_number() over (order by amount desc nulls last, id) as rank,
        lead(amount) over (order by amount desc nulls last, id) as next_amount,
        sum(amount) over () as total
    from wins w
    where closed_day = %(day)s
),
judged as (
    select
        t.*,
        coalesce(
            t.rank = 1 and measures.stands_out(t.amount, m.next_amount, m.members, 5), false
        ) as is_largest,
        %(day)s::date - e.day as gap,
        (
            select nullif(count(*), 0)
            from wins w
            where w.account_id = t.account_id and w.closed_day < %(day)s
        ) as bought
    from today t
    cross join earlier e
    cross join lateral (
        select max(w.amount) as next_amount, count(*) + 1 as members
        from wins w
        where w.id <> t.id and w.closed_day >= date_trunc('month', %(day)s::date)
    ) m
)
select
    case
        when is_largest then 'won_largest_month'
        when bought > 0 then 'won_repeat'
        when wins = 1 and gap >= 3 then 'won_after_gap'
        else 'won'
    end as stance,
    id as subject,
    array[id] as records,
    closed_day as first_day,
    coalesce(amount, 0) as weight,
    null::bigint as n,
    name as deal,
    amount as money,
    null::numeric as deal_money,
    case when wins = 1 and gap >= 3 and not is_largest and bought is null then gap end as days,
    case when not is_largest then bought end as before,
    nullif(owner_name, '(none)') as owner,
    nullif(source, '(none)') as source
from judged
where wins < 3 or is_largest
union all
select
    'won_many', '', array_agg(id order by rank), %(day)s::date, coalesce(max(total), 0),
    count(*),
    max(name)
        filter (where rank = 1 and measures.stands_out(amount, next_amount) and not is_largest),
    max(total),
    max(amount)
        filter (where rank = 1 and measures.stands_out(amount, next_amount) and not is_largest),
    null, null, null, null
from judged
having count(*) >= 3
