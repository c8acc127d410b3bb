-- grain: one row per day of creation, entity, source, owner and step
-- kind: incremental
-- strategy: merge
-- key: entity, position, day, source, owner_id
-- owner: sales operations
-- The funnel of those who entered it on a day: how many reached each step, and where the others
-- left or wait. Of every step reached = junk + lost + waiting + not known + reached of the next, so
-- the shares from step to step multiply to the share of the whole. Deleted records are in none.
-- Steps of leads: Created; Qualified (qualified or converted in any content); Converted; Won (the
-- deal that the conversion made is won). Steps of deals: the open stages in their order, of which a
-- deal has reached those up to the furthest one it was ever seen on; then Won. Source and owner as
-- the record says now.
-- figures:
--   reached (count): records that came to the step or further
--   junk (count): records that went no further and are junk now
--   lost (count): records that went no further and are lost now
--   waiting (count): records that went no further and are still open
--   not_known (count): converted leads that name no live deal, so nobody knows whether it was won
--   assumed (count): of those who went no further, records that may have: what they said at first is
--     not known but assumed (known_from of the histories)

with steps as (
    select
        entity,
        number,
        step,
        stage_position,
        max(number) over (partition by entity) as last_number
    from analytics.funnel_steps
),
said as (
    select
        id,
        bool_or(meaning in ('qualified', 'converted')) as is_qualified,
        bool_or(measures.is_assumed(from_day, until_day, known_from)) as is_assumed
    from analytics.lead_history
    where not is_deleted
    group by id
),
leads as (
    select
        'lead' as entity,
        l.day,
        l.source,
        l.owner_id,
        case
            when d.meaning = 'won' then 4 -- whom only a conversion names
            when l.meaning = 'converted' then 3
            when s.is_qualified then 2
            else 1
        end as furthest,
        s.is_assumed and not s.is_qualified as may_be_further,
        case
            when l.meaning = 'converted' and d.id is null then 'not_known'
            when d.meaning = 'lost' then 'lost'
            when l.meaning in ('junk', 'lost') then l.meaning
            else 'waiting'
        end as left_as
    from analytics.leads l
    left join said s on s.id = l.id
    left join analytics.deals d on d.id = l.deal_id
),
seen as (
    select
        h.id,
        max(s.number) filter (where h.meaning = 'open' and not h.is_assumed) as number,
        bool_or(measures.is_assumed(h.from_day, h.until_day, h.known_from)) as is_assumed
    from analytics.deal_history h
    left join steps s on s.stage_position = h.position
    where not h.is_deleted
    group by h.id
),
deals as (
    select
        'deal' as entity,
        d.day,
        d.source,
        d.owner_id,
        case when d.meaning = 'won' then w.number else coalesce(s.number, 1) end as furthest,
        s.is_assumed and coalesce(s.number, 1) < w.number - 1 as may_be_further,
        case when d.meaning = 'lost' then 'lost' else 'waiting' end as left_as
    from analytics.deals d
    cross join (select max(number) as number from steps where entity = 'deal') w
    left join seen s on s.id = d.id
),
records as (
    select
        entity, day, source, owner_id, furthest, left_as, may_be_further, count(*) as records
    from (
        select * from leads
        union all
        select * from deals
    ) r
    group by entity, day, source, owner_id, furthest, left_as, may_be_further
)
select
    r.day,
    r.entity,
    s.number as position,
    s.step,
    r.source,
    r.owner_id,
    sum(r.records)::bigint as reached,
    coalesce(sum(r.records) filter (where l.is_here and left_as = 'junk'), 0)::bigint as junk,
    coalesce(sum(r.records) filter (where l.is_here and left_as = 'lost'), 0)::bigint as lost,
    coalesce(sum(r.records) filter (where l.is_here and left_as = 'waiting'), 0)::bigint as waiting,
    coalesce(sum(r.records) filter (where l.is_here and left_as = 'not_known'), 0)::bigint
        as not_known,
    coalesce(sum(r.records) filter (where l.is_here and may_be_further), 0)::bigint as assumed
from records r
join steps s on s.entity = r.entity and s.number <= r.furthest
-- Who reached the last step has left nowhere.
cross join lateral (select s.number = r.furthest and s.number < s.last_number as is_here) l
group by r.day, r.entity, s.number, s.step, r.source, r.owner_id
