-- grain: one row per live deal that a mark stands for, at most %(most)s: open ones first, by closing
-- date, then the largest
-- first_day and last_day: of creation; closed_*: of closing; due_*: the closing date that open deals
-- name; industries: of their accounts. all_records and all_value: how many there are and their sum of
-- Amount, all_unvalued: how many are not in it. A parameter that is null does not narrow.

select
    d.id,
    d.name,
    d.account_name,
    d.stage,
    d.meaning,
    d.amount,
    d.probability,
    d.closing_date,
    d.owner_name,
    d.source,
    d.day as created,
    count(*) over () as all_records,
    sum(d.amount) over () as all_value,
    count(*) filter (where measures.is_unvalued(d.amount)) over () as all_unvalued
from analytics.deals d
left join analytics.accounts a on a.id = d.account_id
where (%(first_day)s::date is null or d.day >= %(first_day)s)
    and (%(last_day)s::date is null or d.day <= %(last_day)s)
    and (%(closed_from)s::date is null or d.closed_day >= %(closed_from)s)
    and (%(closed_until)s::date is null or d.closed_day <= %(closed_until)s)
    and (%(due_from)s::date is null or d.closing_date >= %(due_from)s)
    and (%(due_until)s::date is null or d.closing_date <= %(due_until)s)
    and (%(sources)s::text[] is null or d.source = any(%(sources)s))
    and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
    and (%(stages)s::text[] is null or d.stage = any(%(stages)s))
    and (%(meanings)s::text[] is null or d.meaning = any(%(meanings)s))
    and (%(industries)s::text[] is null or coalesce(a.industry, '(none)') = any(%(industries)s))
order by case when d.meaning = 'open' then d.closing_date end, d.amount desc nulls last, d.id
limit %(most)s
