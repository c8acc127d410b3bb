-- Whether the parts of the pipeline's movement add up; see glance.sql.

-- name: parts, parts_more, parts_less
with moves as (
    select
        id,
        case when kind in ('opened', 'won', 'lost') then kind else 'other' end as part,
        sum(value) as value
    from analytics.pipeline_movements
    where day > %(day)s::date - 7 and day <= %(day)s
    group by 1, 2
),
sums as (
    select
        coalesce(sum(value) filter (where part = 'opened'), 0) as opened,
        coalesce(sum(value) filter (where part = 'won'), 0) as won,
        coalesce(sum(value) filter (where part = 'lost'), 0) as lost,
        coalesce(sum(value) filter (where part = 'other'), 0) as other,
        coalesce(sum(value), 0) as all_of_it
    from moves
),
-- Those that came already closed are in no movement: they came with what they closed with.
closed as (
    select
        sum(k.won_value) as won,
        sum(k.lost_value) as lost,
        sum(k.won_value) + min(s.won) as come_won,
        sum(k.lost_value) + min(s.lost) as come_lost
    from analytics.kpis k
    cross join sums s
    where k.day > %(day)s::date - 7 and k.day <= %(day)s
),
named as (
    select id, part, value
    from moves
    join analytics.deal_history h using (id)
    where h.is_present and not h.is_deleted and (
        part = 'lost' and h.name = %(deal)s and -value = %(deal_money)s
        or part = 'other' and h.name = %(second)s and abs(value) = %(second_money)s
    )
    union
    select id, 'lost', -amount
    from analytics.deal_history
    where is_present and not is_deleted and meaning = 'lost'
        and closed_day > %(day)s::date - 7 and closed_day <= %(day)s
        and name = %(deal)s and amount = %(deal_money)s
)
select s.opened + c.come_won + c.come_lost = %(opened)s and c.won = %(won)s and c.lost = %(lost)s
    and c.come_won >= 0 and c.come_lost >= 0
    and not exists (
        select from analytics.pipeline_movements m
        left join analytics.deal_history h
            on h.id = m.id and h.is_present and h.meaning = m.kind and h.closed_day = m.day
        where m.kind in ('won', 'lost') and m.value <> 0 and h.id is null
            and m.day > %(day)s::date - 7 and m.day <= %(day)s
    )
    and s.other = case %(stance)s
        when 'parts' then 0
        when 'parts_more' then %(other)s::numeric
        else 0 - %(other)s::numeric
    end
    and (%(stance)s = 'parts' or %(other)s::numeric > 0)
    and s.all_of_it = (
        select t.open_pipeline_value - b.open_pipeline_value
        from analytics.kpis t, analytics.kpis b
        where t.day = %(day)s and b.day = %(day)s::date - 7)
    and case
        when %(deal)s::text is not null then %(second)s::text is null and exists (
            select from named where part = 'lost' and -2 * value > c.lost)
        when %(second)s::text is not null then exists (
            select from named n
            where n.part = 'other' and 2 * abs(n.value) > abs(s.other) and n.value * s.other > 0
                and 50 * abs(n.value) > (
                    select sum(amount) from analytics.deal_history o
                    where o.meaning = 'open' and daterange(o.from_day, o.until_day) @> %(day)s::date
                )
                and not exists (
                    select from moves m
                    where m.part = 'other' and m.id <> n.id and m.value / n.value >= 1))
        else coalesce(%(deal_money)s::numeric, %(second_money)s::numeric) is null
    end
from sums s
cross join closed c
