-- Of the given deals, what each is worth at the end of the day, and by now, and what a message of the 28
-- days before last said that it is worth; alone, or as the largest or second of many. A deal that is won
-- or lost is told with what it is worth by now.

with briefings as (
    select max(id) as id
    from analytics.ai_briefings_log
    where day < %(day)s and day >= %(day)s::date - 28
    group by day
),
told as (
    select distinct on (p.id) p.id, p.amount
    from analytics.briefing_items i
    join briefings b on b.id = i.briefing_id
    cross join lateral (values
        (i.subject, coalesce(i.figures ->> 'deal_money', i.figures ->> 'money')),
        (case when i.subject = '' then i.records[1] end, i.figures ->> 'deal_money'),
        (case when i.subject = '' then i.records[2] end, i.figures ->> 'second_money')
    ) p (id, amount)
    where i.in_message and i.figures ? 'deal' and p.id = any(%(ids)s) and p.amount is not null
    order by p.id, i.day desc, i.position
)
select t.id, h.amount, d.amount as now, t.amount::numeric as told
from told t
join analytics.deal_history h
    on h.id = t.id and h.from_day <= %(day)s and (h.until_day is null or h.until_day > %(day)s)
left join analytics.deals d on d.id = t.id
