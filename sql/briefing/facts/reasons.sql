-- stances: reason_most
-- The most frequent reason for losing a deal in 30 days, where it was given three times or more
-- and no other nearly as often.

with losses as (
    select d.id, l.reason
    from analytics.deals d
    join analytics.lost_deals l on l.id = d.id
    where d.closed_day between %(day)s::date - 29 and %(day)s
),
reasons as (
    select
        reason,
        count(*) as times,
        array_agg(id order by id) as records,
        lead(count(*)) over (order by count(*) desc, reason) as next_times
    from losses
    where reason is not null
    group by reason
    order by count(*) desc, reason
    limit 1
)
select
    'reason_most' as stance,
    reason as subject,
    records,
    %(day)s::date - 29 as first_day,
    0::numeric as weight,
    reason,
    times as n,
    (select count(*) from losses) as "of",
    %(day)s::date - 29 as since
from reasons
where times >= 3 and measures.stands_clear(times, next_times)
