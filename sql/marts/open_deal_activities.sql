-- grain: one row per open deal: what is logged on it, apart from what the clock says of it
-- kind: incremental
-- strategy: delete+insert
-- links: contact_id, crm.crm_deals
-- key: id
-- owner: sales operations
-- The activities of the deal, and those of its contact that are the deal's too
-- (measures.is_of_contacts_deal). Not deleted ones, nor such without a time, nor what was called off.
-- last_at, met_until, last_other_at: of those that took place before they were last written, which no
-- clock can change any more: the last one, the end of the last meeting, the last that is no meeting.
-- later: all others, in the order of their times (later_at), of which the clock says whether they are
-- over: when they end, whether they take place, and whether they are meetings.
-- moved_at: when the deal came to say what it says.

with deals as (
    select
        h.id,
        r.created_time,
        r.contact_id,
        coalesce(r.content_since, r.modified_time, r.created_time) as moved_at
    from analytics.deal_history h
    join crm.crm_deals r on r.id = h.id
    where h.is_present and not h.is_deleted and h.meaning = 'open' and r.created_time is not null
),
activities as not materialized (
    select
        *,
        kind = 'meeting' as is_meeting,
        coalesce(at > modified_time, true) as is_later
    from analytics.activities
    where not is_deleted and at is not null and not is_called_off
),
logged as (
    select d.id, a.at, a.ends_at, a.takes_place, a.is_meeting, a.is_later
    from deals d
    join activities a on a.deal_id = d.id
    union all
    select d.id, a.at, a.ends_at, a.takes_place, a.is_meeting, a.is_later
    from deals d
    join activities a on a.contact_id = d.contact_id
    where measures.is_of_contacts_deal(a.deal_id, a.at, d.created_time)
),
by_deal as (
    select
        id,
        max(at) filter (where takes_place and not is_later) as last_at,
        max(ends_at) filter (where takes_place and not is_later and is_meeting) as met_until,
        max(at) filter (where takes_place and not is_later and not is_meeting) as last_other_at,
        array_agg(at order by at, ends_at, takes_place, is_meeting) filter (where is_later)
            as later_at,
        array_agg(ends_at order by at, ends_at, takes_place, is_meeting) filter (where is_later)
            as later_ends_at,
        array_agg(takes_place order by at, ends_at, takes_place, is_meeting) filter (where is_later)
            as later_takes_place,
        array_agg(is_meeting order by at, ends_at, takes_place, is_meeting) filter (where is_later)
            as later_is_meeting
    from logged
    group by id
)
select
    d.id,
    d.created_time,
    d.moved_at,
    l.last_at,
    l.met_until,
    l.last_other_at,
    l.later_at,
    l.later_ends_at,
    l.later_takes_place,
    l.later_is_meeting
from deals d
left join by_deal l using (id)
