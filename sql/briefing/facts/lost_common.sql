-- stances: lost_stage, lost_source
-- What most of the deals lost in 30 days have in common, where there are five or more: the stage in
-- which they stood last, where open deals stand in two stages or more; the source, where of five wins
-- or more of these days it brought at most half as large a share.

with losses as (
    select id, stage, source, count(*) over () as losses
    from measures.lost(%(day)s::date - 29, %(day)s)
),
stages as (
    select count(distinct stage) as stages
    from analytics.deal_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s) and meaning = 'open'
),
wins as (
    select source, count(*) over () as wins
    from analytics.deals
    where meaning = 'won' and closed_day between %(day)s::date - 29 and %(day)s
),
common as (
    select
        'lost_stage' as stance,
        stage as name,
        losses,
        count(*) as n,
        array_agg(id order by id) as records,
        null::bigint as wins,
        null::bigint as m
    from losses
    where stage <> '(not known)' and (select stages from stages) >= 2
    group by stage, losses
    union all
    select
        'lost_source',
        l.source,
        l.losses,
        count(*),
        array_agg(l.id order by l.id),
        (select max(wins) from wins),
        (select count(*) from wins w where w.source = l.source)
    from losses l
    where l.source <> '(none)'
    group by l.source, l.losses
)
select
    stance,
    name as subject,
    records,
    %(day)s::date - 29 as first_day,
    0 as weight,
    case stance when 'lost_stage' then name end as stage,
    case stance when 'lost_source' then name end as source,
    n,
    losses as "of",
    %(day)s::date - 29 as since,
    wins as won,
    m as won_from
from common
where losses >= 5 and 2 * n > losses
    and (stance = 'lost_stage' or wins >= 5 and 2 * m * losses <= n * wins)
