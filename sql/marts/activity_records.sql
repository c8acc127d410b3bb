-- grain: one row per activity in the CRM, deleted ones too: a call, task, meeting, note or e-mail
-- kind: view
-- owner: sales operations
-- What each says of itself; what it belongs to: analytics.activities. E-mails are those of the records
-- of which they were read (crm.record_email_reads): Zoho lists them one record at a time. One that is
-- of two records is an activity of each.
-- direction: inbound for incoming and missed calls and for e-mails that came in, outbound for all else;
-- null for notes.
-- at: when it took place or is planned for: a call's and a meeting's start, a task's end, a note's
-- creation, when an e-mail was sent or came in; null for an open task and for an e-mail not sent yet.
-- takes_place: it took place at that time or will: a call that is not scheduled, overdue, cancelled or
-- missed, a meeting, a task that is closed, a note, an e-mail of a person that neither failed nor came
-- back. What a program sent, such as an acknowledgement or a mass mail, did not.
-- is_called_off: a call that was cancelled, so that nothing is planned for its time any more.
-- links: the ids of what it names.

select
    'Calls' as module,
    'call' as kind,
    id,
    owner_id,
    created_time,
    modified_time,
    coalesce(call_started_at, created_time) as at,
    case when call_type in ('inbound', 'missed') then 'inbound' else 'outbound' end as direction,
    call_type is distinct from 'missed'
        and coalesce(call_status, '') not in ('scheduled', 'overdue', 'cancelled', 'canceled')
        as takes_place,
    coalesce(call_status in ('cancelled', 'canceled'), false) as is_called_off,
    null::timestamptz as ends_at,
    array[what_id, who_id] as links,
    deleted_at,
    synced_at
from crm.crm_calls
union all
select
    'Tasks',
    'task',
    id,
    owner_id,
    created_time,
    modified_time,
    case when task_closed_at is not null or task_status = 'completed'
        then coalesce(task_closed_at, modified_time) end,
    'outbound',
    task_closed_at is not null or coalesce(task_status = 'completed', false),
    false,
    null,
    array[what_id, who_id],
    deleted_at,
    synced_at
from crm.crm_tasks
union all
select
    'Events',
    'meeting',
    id,
    owner_id,
    created_time,
    modified_time,
    meeting_starts_at,
    'outbound',
    meeting_starts_at is not null,
    false,
    meeting_ends_at,
    array[what_id, who_id, participant_lead_id],
    deleted_at,
    synced_at
from crm.crm_events
union all
select
    'Notes',
    'note',
    id,
    owner_id,
    created_time,
    modified_time,
    created_time,
    null,
    true,
    false,
    null,
    array[parent_id],
    deleted_at,
    synced_at
from crm.crm_notes
union all
select
    'Emails',
    'email',
    id,
    owner_id,
    sent_at,
    sent_at,
    case when not raw_data -> 'status' ?| array['scheduled', 'draft'] then sent_at end,
    case when is_sent then 'outbound' else 'inbound' end,
    sent_at is not null
        and not raw_data -> 'status' ?| array['scheduled', 'draft', 'bounced', 'failed']
        and not (is_sent and coalesce(source, '') ~ 'workflow|respon|mass|follow|consent|form'),
    false,
    null,
    array[record_id],
    null,
    synced_at
from crm.record_emails
