-- The newest briefing since a day that a recipient has not got: nothing sent, a part missing, or
-- a part whose sender is gone. What changed in the last two minutes may still be under way. A
-- failure that will not pass by itself is nobody's turn but a person's.

with briefings as (
    select day, max(id) as id
    from analytics.ai_briefings_log
    where day >= %(oldest_day)s
    group by day
),
progress as (
    select
        b.day,
        b.id,
        count(w.part) filter (where w.status in ('accepted', 'sent', 'delivered', 'read')) as done,
        coalesce(max(w.parts), 1) as parts,
        coalesce(bool_or(w.status = 'failed' and not w.retry), false) as has_failed,
        max(w.updated_at) as changed_at
    from briefings b
    cross join unnest(%(recipients)s::text[]) as r (recipient)
    left join analytics.whatsapp_deliveries w on w.day = b.day and w.recipient = r.recipient
    group by b.day, b.id, r.recipient
)
select id
from progress
where done < parts and not has_failed
    and coalesce(changed_at < now() - interval '2 minutes', true)
order by day desc
limit 1
