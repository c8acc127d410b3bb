-- grain: one row per deal lost in the period for the reason, the largest first, at most %(most)s
-- reason and stage as in lost_reasons. all_records and all_value: how many there are and their sum.

select
    d.id,
    d.name,
    d.account_name,
    coalesce(l.reason, '(none)') as reason,
    coalesce(h.stage, '(not known)') as stage,
    d.amount,
    d.closed_day,
    d.owner_name,
    d.source,
    count(*) over () as all_records,
    sum(d.amount) over () as all_value
from analytics.lost_deals l
join analytics.deals d on d.id = l.id
left join lateral (
    select o.stage
    from analytics.deal_history o
    where o.id = l.id and o.meaning = 'open' and not o.is_assumed
    order by o.said_from desc
    limit 1
) h on true
where l.closed_day between %(first_day)s::date and %(last_day)s::date
    and (%(sources)s::text[] is null or d.source = any(%(sources)s))
    and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
    and (%(reason)s::text is null or coalesce(l.reason, '(none)') = %(reason)s)
    and (%(stages)s::text[] is null or coalesce(h.stage, '(not known)') = any(%(stages)s))
order by d.amount desc nulls last, d.id
limit %(most)s
