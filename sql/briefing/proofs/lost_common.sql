-- Whether most losses of 30 days have a stage or a source in common; see glance.sql.

-- name: lost_stage
with losses as (
    select (
        select o.stage
        from analytics.deal_history o
        where o.id = h.id and o.meaning = 'open' and o.stage <> '(not known)'
        order by o.said_from desc
        limit 1
    ) as stage
    from analytics.deal_history h
    where h.is_present and not h.is_deleted and h.meaning = 'lost'
        and h.closed_day > %(day)s::date - 30 and h.closed_day <= %(day)s
)
select count(*) = %(of)s and count(*) >= 5 and %(since)s + 29 = %(day)s::date
    and count(*) filter (where stage = %(stage)s) = %(n)s and %(n)s > %(of)s - %(n)s
    and (
        select min(stage) <> max(stage) from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    )
from losses

-- name: lost_source
with closed as (
    select meaning, source
    from analytics.deal_history
    where is_present and not is_deleted and meaning in ('won', 'lost')
        and closed_day > %(day)s::date - 30 and closed_day <= %(day)s
)
select array[
        count(*) filter (where meaning = 'lost'),
        count(*) filter (where meaning = 'lost' and source = %(source)s),
        count(*) filter (where meaning = 'won'),
        count(*) filter (where meaning = 'won' and source = %(source)s)
    ]::numeric[] = array[%(of)s, %(n)s, %(won)s, %(won_from)s]::numeric[]
    and %(since)s + 29 = %(day)s::date and %(of)s >= 5 and %(won)s >= 5 and %(n)s > %(of)s - %(n)s
    and %(n)s * %(won)s >= %(won_from)s * %(of)s * 2
from closed
