-- What all processes on one database share of Zoho: API credits, concurrent calls, the access token.

-- name: book_credits
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

-- name: release_credits
update crm.api_credits
set spent = greatest(spent - %(credits)s, 0)
where hour = (select max(hour) from crm.api_credits);

-- name: credits_spent
-- As take_credits counts: an hour's credits stand until a day after its end.
select coalesce(sum(spent), 0)::bigint
from crm.api_credits
where hour > now() - interval '25 hours'

-- name: lease_calls
-- Lease up to `wanted` calls at a time to a process, and at least those it has under way (`in_use`).
-- Where another is short of what it wants, nobody gets more than an equal share, and one that has
-- none and has waited longer comes first. A limit that is not known yet is the one others know, or
-- Zoho's smallest. The caller holds an advisory lock, so processes never lease the same slots.
with others as (
    select slots, wanted, allowed, asked_at
    from crm.call_leases
    where holder <> %(holder)s and good_until > statement_timestamp()
),
mine as (
    select coalesce(
        (select asked_at from crm.call_leases where holder = %(holder)s and slots = 0),
        statement_timestamp()) as asked_at
),
state as (
    select
        coalesce(%(limit)s::integer, max(o.allowed), 5) as allowed,
        coalesce(sum(o.slots), 0)::integer as held,
        count(o.slots)::integer + 1 as holders,
        count(*) filter (where o.slots = 0 and o.asked_at < m.asked_at)::integer as first,
        coalesce(bool_or(o.slots < o.wanted), false) as is_short
    from mine m
    left join others o on true
    group by m.asked_at
),
share as (
    select
        allowed,
        least(
            %(wanted)s,
            case when is_short then greatest(allowed / holders, 1) else allowed end,
            allowed - held - first) as slots
    from state
),
expired as (
    delete from crm.call_leases
    where holder <> %(holder)s and good_until <= statement_timestamp()
)
insert into crm.call_leases as l (holder, slots, wanted, allowed, asked_at, good_until)
select
    %(holder)s, greatest(slots, %(in_use)s), %(wanted)s, %(limit)s, statement_timestamp(),
    statement_timestamp() + %(seconds)s * interval '1 second'
from share
on conflict (holder) do update
set slots = excluded.slots, wanted = excluded.wanted, allowed = excluded.allowed,
    asked_at = case when l.slots = 0 and excluded.slots = 0
        then l.asked_at else excluded.asked_at end,
    good_until = excluded.good_until
returning slots, (select allowed from share);

-- name: end_lease
delete from crm.call_leases where holder = %(holder)s;

-- name: save_token
-- Keep the token of a connection, and drop those that no other one has renewed for a day.
with old as (
    delete from aha_private.access_tokens
    where connection <> %(connection)s and kept_at < now() - interval '1 day'
)
insert into aha_private.access_tokens (connection, kept)
values (%(connection)s, %(kept)s)
on conflict (connection) do update
set kept = excluded.kept, kept_at = now();
