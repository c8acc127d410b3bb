-- stances: month_ended, month_ended_more, month_ended_less, month_ended_level, quarter_ended,
--   quarter_ended_more, quarter_ended_less, quarter_ended_level
-- The result of the month, and of the company's quarter, that is over: told of the day before the
-- first working day after it, where each of its days is known; against the one before, where each day
-- of that is known too and none before the first deal, and against the target. Level: they differ by
-- less than a tenth. No value is told, nor compared with, where deals were won and that of none is known.

with over as (
    select e.period, e.first_day, e.last_day, b.first_day as first_before
    from measures.periods_of(%(day)s::date + 1) p
    join lateral measures.periods_of(p.first_day - 1) e on e.period = p.period
    join lateral measures.periods_of(e.first_day - 1) b on b.period = p.period
    where p.period in ('month', 'quarter')
        and measures.working_days(p.first_day, %(day)s) = 0
        and measures.working_days(p.first_day, %(day)s::date + 1) = 1
),
won as (
    select
        o.period,
        o.first_day,
        o.last_day,
        sum(k.won_deals) filter (where k.day >= o.first_day) as deals,
        measures.known_value(
            sum(k.won_value) filter (where k.day >= o.first_day),
            sum(k.won_deals) filter (where k.day >= o.first_day),
            (select v.won_value from measures.closed_values(o.first_day, o.last_day) v)
        ) as money,
        case when count(*) = o.last_day - o.first_before + 1 and o.first_before >= r.since
            then measures.known_value(
                sum(k.won_value) filter (where k.day < o.first_day),
                sum(k.won_deals) filter (where k.day < o.first_day),
                (select v.won_value from measures.closed_values(o.first_before, o.first_day - 1) v)
            ) end as before
    from over o
    join analytics.kpis k on k.day between o.first_before and o.last_day
    join measures.first_records() r on r.entity = 'deal'
    group by o.period, o.first_day, o.last_day, o.first_before, r.since
    having count(*) filter (where k.day >= o.first_day) = o.last_day - o.first_day + 1
)
select
    w.period || case
        when w.before is null then '_ended'
        when measures.is_level(w.money, w.before) then '_ended_level'
        when w.money > w.before then '_ended_more'
        else '_ended_less'
    end as stance,
    case w.period when 'quarter' then 'quarter' else '' end as subject,
    w.first_day,
    0 as weight,
    w.deals as n,
    w.money,
    w.before,
    t.amount as target,
    w.last_day as date
from won w
left join measures.targets(%(day)s) t
    on t.scope = 'company' and (t.first_day, t.last_day) = (w.first_day, w.last_day)
    and coalesce(t.trouble, 'left') = 'left'
where w.money is not null and (w.money > 0 or w.before > 0 or t.amount > 0)
