-- grain: one row per open lead: what the work list reads of it
-- kind: incremental
-- strategy: delete+insert
-- key: id
-- index: day
-- optional: analytics.first_touch
-- owner: sales operations
-- Live leads whose meaning is open; how long they wait until now is not here, so that only changed leads
-- are read. last_activity_time: as Zoho had it when the lead was last read. is_untouched: the status is
-- one without a response and has never changed, and Zoho saw no activity since the lead came in.
-- is_touch_known: it is in analytics.first_touch, as leads are where activities are known;
-- first_touch_at: as there, null while it waits.

with contents as (
    select
        *,
        min(status) over whole <> max(status) over whole as has_moved
    from analytics.lead_history
    -- in the order of bytes, which is quicker than that of a language
    window whole as (partition by id collate "C")
)
select
    l.id,
    l.owner_id,
    l.source,
    l.day,
    l.status,
    a.last_activity_time,
    u.status is not null
        and not l.has_moved
        -- Zoho stamps the creation itself as an activity, some moments after it.
        and coalesce(a.last_activity_time <= r.created_time + interval '5 minutes', true)
        as is_untouched,
    f.id is not null as is_touch_known,
    f.first_touch_at
from contents l
join crm.leads_raw r on r.id = l.id
left join measures.untouched_statuses() u on u.status = l.status
left join analytics.first_touch f on f.id = l.id
cross join lateral (
    select crm.to_time(r.raw_data ->> 'Last_Activity_Time') as last_activity_time
) a
where l.is_present and not l.is_deleted and l.meaning = 'open'
