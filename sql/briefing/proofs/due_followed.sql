-- Whether so much became of the deals that were told due a week ago; see glance.sql.

-- name: due_followed
select extract(isodow from %(day)s::date) = 7 and %(day)s::date - %(told)s between 7 and 9
    and array[count(*), count(*) filter (where h.meaning = 'won'),
        count(*) filter (where h.meaning = 'lost'),
        count(*) filter (where h.meaning = 'open' and h.closing_date - %(day)s::date >= 1),
        count(*) filter (
            where h.meaning = 'open' and coalesce(h.closing_date - %(day)s::date <= 0, true))
    ]::numeric[] = array[%(n)s, %(won)s, %(lost)s, %(later)s, %(still)s]::numeric[]
    and %(n)s = %(won)s + %(lost)s + %(later)s + %(still)s
    and exists (
        select from analytics.briefing_items i
        where i.stance in ('due', 'due_named') and i.in_message and i.day = %(told)s
            and (i.figures ->> 'n')::numeric = %(n)s
    )
from analytics.deal_history b
join analytics.deal_history h on h.id = b.id and daterange(h.from_day, h.until_day) @> %(day)s::date
where b.meaning = 'open' and daterange(b.from_day, b.until_day) @> %(told)s::date
    and b.closing_date - %(told)s::date between 1 and 7
