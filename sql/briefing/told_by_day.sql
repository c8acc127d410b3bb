-- What the briefings of the days from first_day to last_day said at a glance, added up: said, a figure
-- of the glance. The day that is written about counts as it is. Null where a day was not told.

with days as (
    select
        k.day,
        case when k.day = %(day)s then
            case %(said)s
                when 'n' then k.new_leads
                when 'won' then k.won_deals
                else k.open_pipeline_value
            end
        else (
            select (f -> 'figures' ->> %(said)s)::numeric
            from analytics.ai_briefings_log l
            cross join jsonb_array_elements(l.facts) f
            where l.day = k.day and f ->> 'kind' = 'glance'
            order by l.id desc
            limit 1
        ) end as said
    from analytics.kpis k
    where k.day between %(first_day)s and %(last_day)s
)
select sum(said)
from days
having count(said) = %(last_day)s::date - %(first_day)s::date + 1
