-- stances: parts, parts_more, parts_less
-- What moved the open pipeline in seven days, offered only where the parts add up to the last
-- digit. Everything that is neither new, won nor lost is one figure: amounts added or cut, deals
-- reopened, deleted or handed over. Told with the pipeline alone. One deal that is most of what was
-- lost is named, or one (second), large for the pipeline, that before the day added or took off most
-- of that figure, for a sum hides it: the larger of the two. What changed on the day is told as such
-- (changed). A deal that came already won or lost never was in the pipeline, and is told as one that
-- came and went: what is said to be won and lost is all that was. A deal that is open again, or won
-- after it was lost, makes the line untellable for its week, and so do new, won or lost deals of which the
-- value of none is known.

with moves as (
    select id, day, kind, value
    from analytics.pipeline_movements
    where day between %(day)s::date - 6 and %(day)s
    union all
    select h.id, h.from_day, p.kind, p.value
    from analytics.deal_history h
    cross join lateral (values ('opened', h.amount), (h.meaning, -h.amount)) p (kind, value)
    where h.meaning in ('won', 'lost') and h.amount <> 0
        and h.from_day between %(day)s::date - 6 and %(day)s
        and (h.until_day is null or h.until_day > h.from_day)
        and not exists (
            select from analytics.deal_history b
            where b.id = h.id and b.from_day < b.until_day and b.from_day < h.from_day
        )
),
moved as (
    select
        coalesce(sum(value) filter (where kind = 'opened'), 0) as opened,
        -coalesce(sum(value) filter (where kind = 'won'), 0) as won,
        -coalesce(sum(value) filter (where kind = 'lost'), 0) as lost,
        coalesce(sum(value) filter (where kind not in ('opened', 'won', 'lost')), 0) as other
    from moves
),
closed as (
    select
        measures.known_value(sum(won_value), sum(won_deals), (
            select v.won_value from measures.closed_values(%(day)s::date - 6, %(day)s) v
        )) as won,
        measures.known_value(sum(lost_value), sum(lost_deals), (
            select v.lost_value from measures.closed_values(%(day)s::date - 6, %(day)s) v
        )) as lost
    from analytics.kpis
    where day between %(day)s::date - 6 and %(day)s
),
of_deals as (
    select
        p.id,
        abs(sum(p.value)) as money,
        p.kind = 'lost' as is_lost,
        max(p.day) as last_day
    from moves p
    cross join moved m
    where p.kind not in ('opened', 'won')
    group by p.id, p.kind = 'lost', m.other
    having p.kind = 'lost' or sign(sum(p.value)) = sign(m.other)
),
ranked as (
    select
        *,
        row_number() over size as rank,
        lead(money) over size as next_money
    from of_deals
    window size as (partition by is_lost order by money desc, id)
),
largest as (
    select r.id, d.name, r.money, r.is_lost
    from ranked r
    join analytics.deals d on d.id = r.id
    join analytics.kpis k on k.day = %(day)s
    cross join moved m
    where r.rank = 1 and measures.stands_out(r.money, r.next_money)
        and (r.is_lost or r.last_day < %(day)s and measures.is_large(r.money, k.open_pipeline_value))
        and 2 * r.money > case when r.is_lost then m.lost else abs(m.other) end
    order by r.money desc, r.is_lost desc
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
    case when l.is_lost then l.name end as deal,
    case when l.is_lost then l.money end as deal_money,
    case when not l.is_lost then l.name end as second,
    case when not l.is_lost then l.money end as second_money
from moved
join closed using (won, lost)
join analytics.kpis t on t.day = %(day)s
join analytics.kpis b on b.day = t.day - 7
join measures.first_records() r on r.entity = 'deal' and r.since <= b.day
left join largest l on true
where b.open_pipeline_value + opened - won - lost + other = t.open_pipeline_value
    and (opened <> 0 or won <> 0 or lost <> 0)
    and (opened <> 0 or not exists (select from moves p where p.kind = 'opened'))
    -- The sums of two other sets of deals may be alike.
    and not exists (
        select from moves p
        join analytics.deals d on d.id = p.id
        where p.kind in ('won', 'lost') and p.value <> 0
            and (d.meaning, d.closed_day) is distinct from (p.kind, p.day)
    )
