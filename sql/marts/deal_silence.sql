-- grain: one row per open deal: since when nothing happened on it, and what is planned
-- kind: table
-- key: id
-- owner: sales operations
-- Measured on the activities: Zoho's Last_Activity_Time moves without Modified_Time, so as it was last
-- read it may be old. An activity counts that took place on the deal or on the contact it names since
-- the deal was created; before the first the deal is silent since then. E-mails, sent or received,
-- count where those of the deal were read, as up to three days ago. Without activities there is no row.
-- next_at: the next planned call or meeting. is_quiet: silent for 14 days or more, nothing planned.
-- unrecorded_meeting_at: the last meeting that ended at least a day ago and after which nothing was
-- logged and the deal not moved: nobody knows what came of it.
-- figures:
--   days_silent (days): whole days since the last activity, or since creation
--   value (money): amount of the deal in the home currency; null where it is empty

with read as (
    select o.timezone, (now() at time zone o.timezone)::date as today
    from crm.organisation o
    where exists (
        select from analytics.activities
        where module not in ('Notes', 'Emails') and not is_deleted
    )
),
deals as (
    select d.id, d.owner_id, coalesce(w.owner_name, d.owner_id) as owner_name, d.source, d.amount,
        r.created_time, r.contact_id, coalesce(r.content_since, r.created_time) as moved_at
    from analytics.open_deals d
    join crm.crm_deals r on r.id = d.id
    left join analytics.owners w on w.owner_id = d.owner_id
    where r.created_time is not null
)
select
    d.id,
    d.owner_id,
    d.owner_name,
    d.source,
    d.amount as value,
    s.last_at,
    greatest(s.last_at, d.created_time) as silent_since,
    s.next_at,
    r.today - (greatest(s.last_at, d.created_time) at time zone r.timezone)::date as days_silent,
    r.today - (greatest(s.last_at, d.created_time) at time zone r.timezone)::date
        >= measures.quiet_days() and s.next_at is null as is_quiet,
    case
        when s.met_until <= now() - interval '1 day'
            and coalesce(s.last_other_at < s.met_until, true)
            and d.moved_at < s.met_until
            then s.met_until
    end as unrecorded_meeting_at
from deals d
cross join read r
-- One by one, found by the deal or the contact: open deals are few, and their activities too.
cross join lateral (
    select
        max(at) filter (where completed) as last_at,
        min(at) filter (where not completed and at > now()) as next_at,
        max(ends_at) filter (where completed and kind = 'meeting') as met_until,
        max(at) filter (where completed and kind <> 'meeting') as last_other_at
    from (
        select a.at, a.ends_at, a.kind, a.takes_place and a.at <= now() as completed
        from analytics.activities a
        where a.deal_id = d.id and not a.is_deleted
        union all
        select a.at, a.ends_at, a.kind, a.takes_place and a.at <= now()
        from analytics.activities a
        where a.contact_id = d.contact_id and a.deal_id is null and a.at >= d.created_time
            and not a.is_deleted
    ) logged
) s
