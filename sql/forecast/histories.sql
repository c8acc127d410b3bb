-- What was said of every deal, and since when, as days numbered from 1970-01-01 in the company's time
-- zone. A content that was first seen after a day is left out of what was known on that day.
select
    h.id,
    h.from_day - date '1970-01-01' as from_day,
    coalesce((h.said_from at time zone o.timezone)::date, h.from_day) - date '1970-01-01' as said_day,
    case h.meaning when 'open' then 0 when 'won' then 1 else 2 end as meaning,
    h.is_assumed::integer as is_assumed,
    case when h.is_deleted and h.is_present and not h.is_assumed then h.until_day - date '1970-01-01' end
        as deleted_day,
    h.day - date '1970-01-01' as created_day,
    h.closing_date - date '1970-01-01' as closing_day,
    h.stage,
    h.source,
    h.owner_id,
    h.amount,
    case when h.probability is not null then h.weighted_amount end as weighted_amount
from analytics.deal_history h
cross join crm.organisation o
order by h.id, h.version nulls last, h.is_assumed desc
