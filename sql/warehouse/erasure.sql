-- Forget a person: find the records, suppress them, and purge what was sealed.

-- name: with_email
-- Records and former contents in which an e-mail address, in lower case, stands anywhere.
select id, raw_data
from crm.{table}
where strpos(lower(raw_data::text), %(email)s) > 0
union all
select id, raw_data
from crm.record_versions
where module = %(module)s and strpos(lower(raw_data::text), %(email)s) > 0

-- name: with_digits
-- Records and former contents in which these digits stand in a row, whatever is between them.
with contents as (
    select id, raw_data from crm.{table}
    union all
    select id, raw_data from crm.record_versions where module = %(module)s
)
select id, raw_data
from contents
where strpos(translate(raw_data::text, %(digits)s, '0123456789'), %(ending)s) > 0

-- name: with_id
select id, raw_data from crm.{table} where id = %(id)s

-- name: linked
-- What belongs to the records found so far: of a lead what its conversion made, of a contact its
-- deals and the lead that it was, of a deal its contact.
with found as (
    select * from unnest(%(modules)s::text[], %(ids)s::text[]) as f (module, id)
),
links as (
    select w.module, crm.made_of_lead(l.raw_data, w.what) as id
    from found f
    join crm.leads_raw l on f.module = 'Leads' and l.id = f.id
    cross join (values ('Contacts', 'contact'), ('Deals', 'deal')) w (module, what)
    union
    select 'Leads', l.id
    from crm.leads_raw l
    join found f
        on f.module = 'Contacts' and f.id = crm.made_of_lead(l.raw_data, 'contact')
        or f.module = 'Deals' and f.id = l.deal_id
    where l.is_converted
    union
    select 'Deals', d.id
    from crm.crm_deals d
    join found f on f.module = 'Contacts' and d.contact_id = f.id
    union
    select 'Contacts', d.contact_id
    from crm.crm_deals d
    join found f on f.module = 'Deals' and d.id = f.id
)
select module, id from links where id is not null
except
select module, id from found

-- name: own_accounts
-- The accounts of these persons alone: a customer's own, made as the lead was converted.
with found as (
    select * from unnest(%(modules)s::text[], %(ids)s::text[]) as f (module, id)
),
candidates as (
    select c.account_id as id
    from crm.crm_contacts c
    join found f on f.module = 'Contacts' and c.id = f.id
    union
    select crm.made_of_lead(l.raw_data, 'account')
    from crm.leads_raw l
    join found f on f.module = 'Leads' and l.id = f.id
    union
    select d.account_id
    from crm.crm_deals d
    join found f on f.module = 'Deals' and d.id = f.id
)
select 'Accounts' as module, a.id
from candidates a
where a.id is not null
    and not exists (
        select
        from crm.crm_contacts c
        where c.account_id = a.id
            and c.id not in (select id from found where module = 'Contacts')
    )
    and not exists (
        select
        from crm.crm_deals d
        where d.account_id = a.id and d.id not in (select id from found where module = 'Deals')
    )

-- name: attached
-- Calls, notes and the like: records of a further module that name one of the records found.
select %(module)s as module, t.id
from crm.{table} t
where exists (select from crm.named_ids(t.raw_data) named where named = any(%(ids)s))

-- name: contents
-- The records of one module, as they are here.
select id, raw_data from crm.{table} where id = any(%(ids)s) order by id

-- name: already_forgotten
select module, id
from crm.forgotten
join unnest(%(modules)s::text[], %(ids)s::text[]) as f (module, id) using (module, id)

-- name: proposed
-- Records that Zoho itself says are to be erased, and why.
select %(module)s as module, t.id, case
        when t.deleted_type = 'permanent' then 'deleted for good in Zoho'
        when t.raw_data -> '$stop_processing' = 'true' then 'its processing is stopped in Zoho'
        else 'its basis of processing in Zoho is ' || basis.name
    end as why
from crm.{table} t
cross join lateral (
    select coalesce(
        t.raw_data ->> 'Data_Processing_Basis',
        t.raw_data #>> '{{Data_Processing_Basis_Details,Data_Processing_Basis}}'
    ) as name
) basis
where (
        t.deleted_type = 'permanent'
        or t.raw_data -> '$stop_processing' = 'true'
        or basis.name in ('Delete', 'Stop Processing')
    )
    and not exists (
        select from crm.forgotten f where f.module = %(module)s and f.id = t.id
    )
order by t.id

-- name: outdated
-- Leads that have been lost or junk, or deleted in Zoho, for longer than these days.
select 'Leads' as module, h.id
from analytics.lead_history h
join crm.organisation o on o.singleton
where h.is_present
    and not h.is_converted
    and coalesce(h.until_day, case when h.meaning in ('lost', 'junk') then h.from_day end)
        < (now() at time zone o.timezone)::date - %(days)s
    and not exists (select from crm.forgotten f where f.module = 'Leads' and f.id = h.id)

-- name: begin
insert into crm.erasures (basis, subject_digest)
values (%(basis)s, %(digest)s)
returning id

-- name: remember
insert into crm.forgotten (module, id, erasure)
select module, id, %(erasure)s
from unnest(%(modules)s::text[], %(ids)s::text[]) as f (module, id)
on conflict (module, id) do nothing

-- name: suppress_records
-- synced_at moves, so that marts which follow changed records no longer show the person.
with kept as materialized (
    select crm.kept_fields(%(module)s) as fields
),
changed as (
    select t.id, f.erasure, t.raw_data, crm.without_person(t.raw_data, k.fields) as without
    from crm.{table} t
    join crm.forgotten f on f.module = %(module)s and f.id = t.id
    cross join kept k
),
sealed as (
    insert into aha_private.suppressed (erasure, module, id, content)
    select erasure, %(module)s, id, raw_data::text
    from changed
    where raw_data <> without
)
update crm.{table} t
set raw_data = c.without, synced_at = clock_timestamp()
from changed c
where t.id = c.id and c.raw_data <> c.without

-- name: suppress_versions
with kept as materialized (
    select crm.kept_fields(%(module)s) as fields
),
changed as (
    select
        v.version,
        v.id,
        f.erasure,
        v.raw_data,
        crm.without_person(v.raw_data, k.fields) as without
    from crm.record_versions v
    join crm.forgotten f on f.module = v.module and f.id = v.id
    cross join kept k
    where v.module = %(module)s
),
sealed as (
    insert into aha_private.suppressed (erasure, module, id, content)
    select erasure, %(module)s, id, raw_data::text
    from changed
    where raw_data <> without
)
update crm.record_versions v
set raw_data = c.without
from changed c
where v.version = c.version and c.raw_data <> c.without

-- name: suppress_history
with kept as materialized (
    select crm.kept_fields(%(module)s) as fields
),
changed as (
    select
        h.way,
        h.entry_id,
        h.record_id,
        f.erasure,
        h.raw_data,
        crm.history_without_person(h.way, h.raw_data, k.fields) as without
    from crm.record_history h
    join crm.forgotten f on f.module = h.module and f.id = h.record_id
    cross join kept k
    where h.module = %(module)s
),
sealed as (
    insert into aha_private.suppressed (erasure, module, id, content)
    select erasure, %(module)s, record_id, (
        select jsonb_object_agg(key, value)::text
        from jsonb_each(raw_data)
        where value is distinct from without -> key
    )
    from changed
    where raw_data <> without
)
update crm.record_history h
set raw_data = c.without
from changed c
where h.module = %(module)s and h.way = c.way and h.entry_id = c.entry_id
    and c.raw_data <> c.without

-- name: suppress_quarantine
with gone as (
    delete from crm.quarantine q
    using crm.forgotten f
    where q.module = %(module)s and f.module = q.module and f.id = q.id
    returning f.erasure, q.module, q.id, q.original
)
insert into aha_private.suppressed (erasure, module, id, content)
select erasure, module, id, original
from gone

-- name: suppress_names_in_records
-- Records of others that name a forgotten one by a lookup.
update crm.{table} t
set raw_data = crm.without_forgotten(%(module)s, t.raw_data), synced_at = clock_timestamp()
where crm.names_forgotten(t.raw_data)
    and crm.without_forgotten(%(module)s, t.raw_data) <> t.raw_data

-- name: suppress_names_in_versions
update crm.record_versions v
set raw_data = crm.without_forgotten(v.module, v.raw_data)
where v.module = %(module)s
    and crm.names_forgotten(v.raw_data)
    and crm.without_forgotten(v.module, v.raw_data) <> v.raw_data

-- name: reopen
-- A correction of personal_fields.csv has sealed more of a record that had been purged.
update crm.erasures e
set suppressed_at = null, purged_at = null
where e.purged_at is not null
    and exists (select from aha_private.suppressed s where s.erasure = e.id)

-- name: add_counts
update crm.erasures e
set erased = e.erased || (
    select coalesce(jsonb_object_agg(
        key, coalesce((e.erased -> key)::integer, 0) + value::text::integer
    ), '{}')
    from jsonb_each(%(counts)s::jsonb)
    where value::text::integer > 0
)
where e.id = %(erasure)s

-- name: sealed
select module, id, content from aha_private.suppressed where erasure = any(%(erasures)s)

-- name: unfinished
-- Erasures with something to do: begun and not done, or due to be purged.
select id, suppressed_at is null as is_begun
from crm.erasures
where suppressed_at is null
    or purged_at is null and (
        basis = 'age' or suppressed_at + %(days)s * interval '1 day' <= now()
    )
order by id

-- name: mark_suppressed
update crm.erasures set suppressed_at = now() where id = any(%(erasures)s) and suppressed_at is null

-- name: purge
with gone as (
    delete from aha_private.suppressed where erasure = any(%(erasures)s)
)
update crm.erasures set purged_at = now() where id = any(%(erasures)s) and purged_at is null

-- name: certificates
select
    e.id,
    e.basis,
    e.subject_digest,
    e.begun_at,
    e.suppressed_at,
    e.purged_at,
    e.erased,
    count(f.id) as records
from crm.erasures e
left join crm.forgotten f on f.erasure = e.id
where %(erasure)s::bigint is null or e.id = %(erasure)s
group by e.id
order by e.id

-- name: save_fields
with told as (
    select * from jsonb_to_recordset(%(fields)s::jsonb)
        as f (module text, field text, is_personal boolean)
),
gone as (
    delete from crm.personal_fields p
    where not exists (select from told t where t.module = p.module and t.field = p.field)
)
insert into crm.personal_fields as p (module, field, is_personal)
select module, field, is_personal from told
on conflict (module, field) do update set is_personal = excluded.is_personal
where p.is_personal <> excluded.is_personal

-- name: requested
select id, asked_by, basis, subject_digest, modules, ids
from crm.erasure_requests
where erasure is null
order by id

-- name: mark_begun
update crm.erasure_requests set erasure = %(erasure)s where id = %(request)s
