-- grain: one row per open deal: since when nothing happened on it, and what is planned
-- kind: table
-- key: id
-- owner: sales operations
-- Measured on the activities: Zoho's Last_Activity_Time moves without Modified_Time, so as it was last
-- read it may be old. An activity counts that took place on the deal or on the contact it names since
-- the deal was created; before the first the deal is silent since then. E-mails, sent or received,
-- count where those of the deal were read, as up to three days ago. Where no call, task or meeting is
-- known there is no row: notes and e-mails alone do not tell that work is logged.
-- next_at: the next planned call or meeting. is_quiet: silent for 14 days or more, nothing planned.
-- unrecorded_meeting_at: the last meeting that ended at least a day ago and after which nothing was
-- logged and the deal not moved: nobody knows what came of it.
-- figures:
--   days_silent (days): whole days since the last activity, or since creation
--   value (money): amount of the deal in the home currency; null where it is empty

with read as (
    select o.timezone, t.today, measures.quiet_before(t.today, o.timezone) as quiet_before
    from crm.organisation o
    cross join lateral (select (now() at time zone o.timezone)::date as today) t
    where exists (
        select from analytics.activities
        where module not in ('Notes', 'Emails') and not is_deleted
    )
),
-- What the clock says of those that were not over when they were last written.
later as (
    select
        l.id,
        max(l.at) filter (where l.takes_place and l.at <= now()) as last_at,
        max(l.ends_at) filter (where l.takes_place and l.at <= now() and l.is_meeting) as met_until,
        max(l.at) filter (where l.takes_place and l.at <= now() and not l.is_meeting)
            as last_other_at,
        min(l.at) filter (where l.at > now()) as next_at
    from (
        select
            id,
            unnest(later_at) as at,
            unnest(later_ends_at) as ends_at,
            unnest(later_takes_place) as takes_place,
            unnest(later_is_meeting) as is_meeting
        from analytics.open_deal_activities
    ) l
    group by l.id
),
deals as (
    select
        a.id,
        a.created_time,
        a.moved_at,
        greatest(a.last_at, l.last_at) as last_at,
        greatest(a.met_until, l.met_until) as met_until,
        greatest(a.last_other_at, l.last_other_at) as last_other_at,
        l.next_at
    from analytics.open_deal_activities a
    left join later l using (id)
)
select
    d.id,
    d.owner_id,
    coalesce(w.owner_name, d.owner_id) as owner_name,
    d.source,
    d.amount as value,
    s.last_at,
    greatest(s.last_at, s.created_time) as silent_since,
    s.next_at,
    r.today - (greatest(s.last_at, s.created_time) at time zone r.timezone)::date as days_silent,
    greatest(s.last_at, s.created_time) < r.quiet_before and s.next_at is null as is_quiet,
    case
        when s.met_until <= now() - interval '1 day'
            and coalesce(s.last_other_at < s.met_until, true)
            and s.moved_at < s.met_until
            then s.met_until
    end as unrecorded_meeting_at
from analytics.open_deals d
join deals s on s.id = d.id
left join analytics.owners w on w.owner_id = d.owner_id
cross join read r
