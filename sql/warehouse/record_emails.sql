-- The e-mails of records: of which they are to be read, and what was.

-- name: to_read
-- Those that wait first, of each the ones never read, then the newest. read_at: what came before is here.
select module, id, read_at
from measures.email_records()
where is_due
order by rank, read_at is not null, modified_time desc nulls last, id

-- name: hold_off_others
-- An erasure or a landing of the module waits for this transaction, or has been seen by it.
select pg_advisory_xact_lock_shared(hashtext('crm.' || %(module)s))

-- name: land
-- synced_at moves where an e-mail says something else than before, such as that it came back.
insert into crm.record_emails as e (module, record_id, message_id, raw_data)
select distinct on (s.record_id, s.email ->> 'message_id')
    %(module)s, s.record_id, s.email ->> 'message_id', s.email
from (
    select record_id, text::jsonb as email
    from unnest(%(ids)s::text[], %(texts)s::text[]) as t (record_id, text)
) s
where s.email ->> 'message_id' is not null
    and not exists (
        select from crm.forgotten f where f.module = %(module)s and f.id = s.record_id
    )
on conflict (module, record_id, message_id) do update
set raw_data = excluded.raw_data, synced_at = clock_timestamp()
where e.raw_data <> excluded.raw_data

-- name: note
-- What was asked of records. Where it was not read, it stays known up to when it was before.
insert into crm.record_email_reads as r (module, record_id, read_at, credits, problem)
select %(module)s, t.record_id, t.read_at, t.credits, t.problem
from unnest(
    %(ids)s::text[], %(read_at)s::timestamptz[], %(credits)s::integer[], %(problems)s::text[]
) as t (record_id, read_at, credits, problem)
where not exists (select from crm.forgotten f where f.module = %(module)s and f.id = t.record_id)
on conflict (module, record_id) do update
set asked_at = excluded.asked_at, problem = excluded.problem,
    read_at = coalesce(excluded.read_at, r.read_at),
    credits = case when r.asked_at > now() - interval '1 day' then r.credits else 0 end
        + excluded.credits

-- name: note_refusal
-- That no record is shown, and why.
insert into crm.record_email_reads as r (module, record_id, credits, problem)
values (%(module)s, '', %(credits)s, %(problem)s)
on conflict (module, record_id) do update
set asked_at = excluded.asked_at, problem = excluded.problem,
    credits = case when r.asked_at > now() - interval '1 day' then r.credits else 0 end
        + excluded.credits

-- name: clear_refusal
update crm.record_email_reads set problem = null where record_id = '' and problem is not null

-- name: spent
-- Credits that reading e-mails has cost in a day.
select coalesce(sum(credits), 0)::bigint
from crm.record_email_reads
where asked_at > now() - interval '1 day'

-- name: progress
select * from measures.emails_read()
