-- stances: week_won_more, week_won_less, week_won_level, week_leads_more, week_leads_fewer,
--   week_leads_same, week_leads_mixed
-- The weekly digest, told on Mondays: the week up to Sunday against the one before, where each of
-- the fourteen days is known and none before the first deal or lead; leads only where the week before
-- was as usual on each day (no holiday, no campaign: up from a bad week is no rise), and no day of this
-- one brought more than three times what is usual, as an import does, and ten leads or more in both
-- together. Level: they differ by less than a tenth, or, of leads, by no more than chance often does: 1.5
-- times the root of both together.
-- The week before may be a bad one all the same: leads are more or fewer where they are so against the
-- median of the four weeks before (measures.usual_week) too, if two or more of these are known. Of the value
-- won nothing is told where deals were won in a week and that of none is known.

with weeks as (
    select
        measures.known_value(
            sum(won_value) filter (where day > %(day)s::date - 7),
            sum(won_deals) filter (where day > %(day)s::date - 7),
            (select v.won_value from measures.closed_values(%(day)s::date - 6, %(day)s) v)
        ) as won,
        measures.known_value(
            sum(won_value) filter (where day <= %(day)s::date - 7),
            sum(won_deals) filter (where day <= %(day)s::date - 7),
            (select v.won_value from measures.closed_values(%(day)s::date - 13, %(day)s::date - 7) v)
        ) as won_before,
        sum(new_leads) filter (where day > %(day)s::date - 7) as leads,
        sum(new_leads) filter (where day <= %(day)s::date - 7) as leads_before
    from analytics.kpis
    where day between %(day)s::date - 13 and %(day)s
        and extract(isodow from %(day)s::date) = 7
    having count(*) = 14
),
against as (
    select w.leads, w.leads_before, u.weeks, round(u.leads, 1) as usual, m.least, m.most
    from weeks w
    left join measures.usual_week(%(day)s) u on u.weeks > 1
    cross join lateral (
        select min(s.moved) as least, max(s.moved) as most
        from (values (w.leads_before), (round(u.leads, 1))) r (leads)
        cross join lateral (
            select case
                when abs(w.leads - r.leads)
                    <= greatest(r.leads * 0.1, 1.5 * sqrt(w.leads + r.leads)) then 0
                else sign(w.leads - r.leads)
            end as moved
        ) s
        where r.leads is not null
    ) m
)
select
    case
        when measures.is_level(won, won_before) then 'week_won_level'
        when won > won_before then 'week_won_more'
        else 'week_won_less'
    end as stance,
    '' as subject,
    %(day)s::date - 6 as first_day,
    abs(won - won_before) as weight,
    null::numeric as n,
    won as money,
    won_before as before,
    null::bigint as weeks,
    null::numeric as usual
from weeks
join measures.first_records() r on r.entity = 'deal' and r.since <= %(day)s::date - 13
where (won > 0 or won_before > 0) and won is not null and won_before is not null
union all
select
    case
        when least > 0 then 'week_leads_more'
        when most < 0 then 'week_leads_fewer'
        when least = most then 'week_leads_same'
        else 'week_leads_mixed'
    end,
    'leads', %(day)s::date - 6, 0, leads, null, leads_before, weeks, usual
from against
join measures.first_records() r on r.entity = 'lead' and r.since <= %(day)s::date - 13
where leads + leads_before >= 10 and not exists (
    select from analytics.changes
    where figure = 'new_leads' and days = 1 and is_unusual
        and day between %(day)s::date - 13 and %(day)s
        and (day <= %(day)s::date - 7 or value > 3 * normal)
)
