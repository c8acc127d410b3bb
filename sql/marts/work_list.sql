-- grain: one row per open lead or deal that somebody should act on today
-- kind: table
-- key: id, module
-- owner: sales operations
-- optional: analytics.deal_silence
-- The reasons, each with its points:
--   untouched (90, from the second day 75, from the eighth 50): an open lead whose status is still
--     the first of the list and has never changed, and on which Zoho saw no activity since it came
--     in; leads older than 90 days are left out
--   uncalled (the same points): in place of untouched where activities are known: an open lead that
--     waits for the first touch, whatever its status
--   ownerless (85): an open deal, or an open lead of the last 90 days, whose owner has left Zoho
--   unrecorded (60): an open deal whose last meeting ended one to thirty days ago and after which
--     nothing was logged and nothing moved
--   closing (80): an open deal that closes within 7 days and names no next step
--   mistyped (70): an open deal whose closing date is of a mistyped year (measures.is_mistyped)
--   overdue (65): an open deal whose closing date has passed, and is of no mistyped year
--   stuck (50): in its stage longer than 80 % of the won deals were, and among the largest quarter
--     of the open deals
--   pushed (45): the closing date became later at least twice
--   quiet (40): an open deal with no change and no activity for 14 days, and none planned
-- score: the points of the strongest reason, 5 for each further one, and up to 30 for what it is
-- worth, by its place among the open deals; a lead, whose worth nobody knows, gets 15 of them.
-- is_aged: nothing but old: overdue for more than 90 days, or a lead that came in more than 30 days
-- ago; such rows come after all others, whatever their score.
-- The last activity is that of analytics.deal_silence where activities are known, else Zoho's
-- Last_Activity_Time as last read: it moves without Modified_Time, so it may be older than what Zoho
-- shows. A deal that was changed since is not quiet.
-- figures:
--   value (money): amount of the deal in the home currency; null for leads and where it is empty
--   score (number): what comes first, 0 to 150
--   days_overdue (days): days since the closing date; null where it has not passed, or
--     is of a mistyped year
--   days_left (days): days until the closing date; null where it has passed or is not near
--   days_quiet (days): whole days since the last change or activity; null where it is not quiet
--   times_pushed (count): how often the closing date became later; null below two

with today as (
    select
        o.timezone, t.day, measures.quiet_before(t.day, o.timezone) as quiet_before
    from crm.organisation o
    cross join lateral (select (now() at time zone o.timezone)::date as day) t
),
waiting_leads as (
    select
        l.*,
        t.day - l.day as days_waiting,
        case when l.is_touch_known then 'uncalled' else 'untouched' end as reason,
        case
            when l.is_touch_known then measures.touch_state(l.first_touch_at, null) = 'waiting'
            else l.is_untouched
        end as is_due,
        coalesce(o.has_left, false) as is_ownerless
    from analytics.open_leads l
    left join analytics.owners o on o.owner_id = l.owner_id
    cross join today t
    where l.day between t.day - 90 and t.day
),
open_deals as (
    select
        d.id,
        d.owner_id,
        d.source,
        d.amount,
        d.closing_date,
        d.day,
        greatest(r.created_time, r.modified_time, k.last_known_activity) as last_activity_time,
        k.last_known_activity,
        q.next_at is not null as is_planned,
        q.unrecorded_meeting_at,
        r.lacks_next_step,
        percent_rank() over (order by coalesce(d.amount, 0)) as place,
        coalesce(o.has_left, false) as is_ownerless
    from analytics.open_deals d
    join analytics.open_deal_records r on r.id = d.id
    left join analytics.deal_silence q on q.id = d.id
    left join analytics.owners o on o.owner_id = d.owner_id
    cross join lateral (
        select case when q.id is null then r.last_activity_time else q.last_at end
            as last_known_activity
    ) k
),
deal_facts as (
    select
        d.*,
        t.day - d.closing_date as days_late,
        coalesce(d.closing_date between t.day and t.day + 7, false) as is_due,
        coalesce(d.closing_date < t.day, false) and not m.is_mistyped as is_overdue,
        m.is_mistyped,
        coalesce(d.unrecorded_meeting_at >= now() - interval '30 days', false) as is_unrecorded,
        coalesce(s.is_older and d.place >= 0.75, false) as is_stuck,
        coalesce(s.times_pushed >= 2, false) as is_pushed,
        coalesce(d.last_activity_time < t.quiet_before and not d.is_planned, false) as is_quiet,
        s.times_pushed,
        t.day as today,
        t.timezone
    from open_deals d
    cross join today t
    cross join lateral (select measures.is_mistyped(d.closing_date, t.day) as is_mistyped) m
    left join analytics.slipping_deals s on s.id = d.id
),
-- Here and of deals in the order of their points: so nothing has to be sorted.
ranked_leads as (
    select
        *,
        case
            when not is_ownerless then array[reason]
            when not is_due then array['ownerless']
            when points > 85 then array[reason, 'ownerless']
            else array['ownerless', reason]
        end as reasons,
        case
            when not is_ownerless then points
            when not is_due then 85
            else greatest(points, 85) + 5
        end + 15 as score
    from (
        select
            *,
            case when days_waiting <= 1 then 90 when days_waiting <= 7 then 75 else 50 end
                as points
        from waiting_leads
        where is_due or is_ownerless
    ) l
),
ranked_deals as (
    select
        *,
        case
            when is_ownerless then 85
            when is_closing then 80
            when is_mistyped then 70
            when is_overdue then 65
            when is_unrecorded then 60
            when is_stuck then 50
            when is_pushed then 45
            when is_quiet then 40
        end + 5 * (
            is_ownerless::int + is_closing::int + is_mistyped::int + is_overdue::int
            + is_unrecorded::int + is_stuck::int + is_pushed::int + is_quiet::int - 1
        ) as points
    from (select *, is_due and lacks_next_step as is_closing from deal_facts) d
    where is_ownerless or is_closing or is_mistyped or is_overdue or is_unrecorded or is_stuck
        or is_pushed or is_quiet
)
select
    'Leads' as module,
    id,
    reasons,
    score::double precision,
    days_waiting > 30 as is_aged,
    null::numeric as value,
    owner_id,
    source,
    day,
    last_activity_time,
    null::timestamptz as unrecorded_meeting_at,
    null::date as closing_date,
    null::integer as days_overdue,
    null::integer as days_left,
    null::integer as days_quiet,
    null::bigint as times_pushed
from ranked_leads
union all
select
    'Deals',
    id,
    array_remove(array[
        case when is_ownerless then 'ownerless' end,
        case when is_closing then 'closing' end,
        case when is_mistyped then 'mistyped' end,
        case when is_overdue then 'overdue' end,
        case when is_unrecorded then 'unrecorded' end,
        case when is_stuck then 'stuck' end,
        case when is_pushed then 'pushed' end,
        case when is_quiet then 'quiet' end
    ], null),
    points + 30 * place,
    measures.is_long_overdue(closing_date, today) and not is_unrecorded,
    amount,
    owner_id,
    source,
    day,
    last_known_activity,
    unrecorded_meeting_at,
    closing_date,
    case when is_overdue then days_late end,
    case when is_due then -days_late end,
    case when is_quiet then today - (last_activity_time at time zone timezone)::date end,
    case when is_pushed then times_pushed end
from ranked_deals
