-- stances: parts, parts_more, parts_less
-- What moved the open pipeline in seven days, offered only where the parts add up to the last
-- digit. Everything that is neither new, won nor lost is one figure: amounts added or cut, deals
-- reopened, deleted or handed over. Told with the pipeline alone. One deal that is most of what was
-- lost is named, for a sum hides it.

with moved as (
    select
        coalesce(sum(value) filter (where kind = 'opened'), 0) as opened,
        -coalesce(sum(value) filter (where kind = 'won'), 0) as won,
        -coalesce(sum(value) filter (where kind = 'lost'), 0) as lost,
        coalesce(sum(value) filter (where kind not in ('opened', 'won', 'lost')), 0) as other
    from analytics.pipeline_movements
    where day between %(day)s::date - 6 and %(day)s
),
losses as (
    select p.id, d.name, -sum(p.value) as money
    from analytics.pipeline_movements p
    join analytics.deals d on d.id = p.id
    where p.kind = 'lost' and p.day between %(day)s::date - 6 and %(day)s
    group by p.id, d.name
    order by money desc, p.id
    limit 1
)
select
    case when other = 0 then 'parts' when other > 0 then 'parts_more' else 'parts_less' end
        as stance,
    '' as subject,
    case when l.id is not null then array[l.id] end as records,
    b.day as first_day,
    greatest(opened, won, lost) as weight,
    opened,
    won,
    lost,
    nullif(abs(other), 0) as other,
    l.name as deal,
    l.money as deal_money
from moved
join analytics.kpis t on t.day = %(day)s
join analytics.kpis b on b.day = t.day - 7
left join losses l on 2 * l.money > moved.lost
where b.open_pipeline_value + opened - won - lost + other = t.open_pipeline_value
    and (opened <> 0 or won <> 0 or lost <> 0)
