-- stances: month_ahead, month_behind, month_level
-- From the eighth of the month until three days before its end, when its result is near: value won in it
-- so far against the same days of the month before, where each of those days is known and none is before
-- the first deal; where it is behind, with the open deals due in what is left of the month. Level: they
-- differ by less than a tenth. Nothing is told where deals were won and the value of none is known.

with periods as (
    select
        date_trunc('month', %(day)s::date)::date as first_day,
        %(day)s::date as last_day,
        'this' as period
    union all
    select
        (date_trunc('month', %(day)s::date) - interval '1 month')::date,
        (%(day)s::date - interval '1 month')::date,
        'last'
),
won as (
    select
        p.period,
        p.first_day,
        measures.known_value(sum(k.won_value), sum(k.won_deals), (
            select v.won_value from measures.closed_values(p.first_day, p.last_day) v
        )) as money
    from periods p
    join analytics.kpis k on k.day between p.first_day and p.last_day
    group by p.period, p.first_day, p.last_day
    having count(*) = p.last_day - p.first_day + 1
        and p.first_day >= (select since from measures.first_records() where entity = 'deal')
)
select
    case
        when measures.is_level(t.money, l.money) then 'month_level'
        when t.money > l.money then 'month_ahead'
        else 'month_behind'
    end as stance,
    '' as subject,
    t.first_day,
    abs(t.money - l.money) as weight,
    t.money,
    l.money as before,
    case when b.is_behind then nullif(d.deals, 0) end as due,
    case when b.is_behind then d.money end as due_money
from won t
join won l on l.period = 'last'
cross join lateral (
    select t.money < l.money and not measures.is_level(t.money, l.money) as is_behind
) b
cross join lateral (
    select count(*) as deals, sum(amount) as money
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and meaning = 'open' and closing_date > %(day)s
        and closing_date < date_trunc('month', %(day)s::date) + interval '1 month'
) d
where t.period = 'this' and extract(day from %(day)s::date) >= 8
    and %(day)s::date + 3 < (date_trunc('month', %(day)s::date) + interval '1 month')::date
    and (t.money > 0 or l.money > 0)
    and t.money is not null and l.money is not null
