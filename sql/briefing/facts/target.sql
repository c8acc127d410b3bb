-- stances: target_to_go, target_reached, target_missed
-- The company's month against its target, at the end of the day; n where working days are left and
-- there is something to go, a_day where it is more than one. Its last day says nothing where the next
-- one is worked, for then the month's result is told (period_ended). Nothing is told where deals are won and
-- the value of none is known.

select
    case
        when p.to_go_value <= 0 then 'target_reached'
        when p.day = p.last_day then 'target_missed'
        else 'target_to_go'
    end as stance,
    '' as subject,
    p.first_day,
    0 as weight,
    p.won_value as money,
    p.target_value as target,
    case when p.to_go_value > 0 then p.to_go_value end as short,
    case when p.to_go_value > 0 and p.days_left > 0 then p.days_left end as n,
    case when p.to_go_value > 0 and p.days_left > 1 then p.needed_a_day end as a_day
from measures.pace(%(day)s::date, %(day)s::date + 1) p
where p.scope = 'company' and p.period = 'month' and p.target_value is not null
    and measures.known_value(p.won_value, p.won_deals, (
        select v.won_value from measures.closed_values(p.first_day, p.day) v
    )) is not null
    and not (
        p.day = p.last_day
        and measures.working_days(p.day + 1, p.day + 1) = 1
        and exists (select from analytics.kpis k where k.day = p.first_day)
    )
