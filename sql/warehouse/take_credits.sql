-- Book up to `wanted` credits for this hour, as far as the limit leaves them; none if it leaves fewer
-- than `least`. An hour's credits count until a day after its end. The rows are locked by the
-- caller's advisory lock, so processes never book the same credits.
with counted as (
    select coalesce(sum(spent), 0) as spent, min(hour) filter (where spent > 0) as oldest
    from crm.api_credits
    where hour > now() - interval '25 hours'
),
granted as (
    select
        case when %(limit)s - spent >= %(least)s
            then least(%(wanted)s, %(limit)s - spent) else 0 end as credits,
        spent,
        oldest
    from counted
),
booked as (
    insert into crm.api_credits as c (hour, spent)
    select date_trunc('hour', now()), credits
    from granted
    where credits > 0
    on conflict (hour) do update
    set spent = c.spent + excluded.spent
)
select credits, spent, coalesce(oldest, date_trunc('hour', now())) + interval '25 hours' as free_at
from granted;
