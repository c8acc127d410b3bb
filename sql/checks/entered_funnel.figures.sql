-- asset: analytics/entered_funnel
-- severity: error
-- blocking: yes
-- description: Records that entered the funnel are not those that live, or a step was reached by
-- others than those who left it or went on. Run `aha sync`; if it stays, please report it.

with steps as (
    select
        entity,
        position,
        sum(reached) as reached,
        sum(junk + lost + waiting + not_known) as stayed,
        lead(sum(reached)) over (partition by entity order by position) as went_on
    from analytics.entered_funnel
    group by entity, position
),
living as (
    select 'lead' as entity, count(*) as records from analytics.leads
    union all
    select 'deal', count(*) from analytics.deals
)
select 'entered as ' || l.entity as rule, l.records as expected, coalesce(s.reached, 0) as found
from living l
left join steps s on s.entity = l.entity and s.position = 1
where l.records <> coalesce(s.reached, 0)
union all
select entity || ' on step ' || position, reached, stayed + coalesce(went_on, 0)
from steps
where went_on is not null and reached <> stayed + went_on
