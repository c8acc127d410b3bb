-- Persons who are forgotten: which records are theirs, what was erased, and what a record keeps.

create table crm.erasures (
    id bigint generated always as identity primary key,
    basis text not null check (basis in ('request', 'crm', 'age')),
    subject_digest text,
    begun_at timestamptz not null default now(),
    suppressed_at timestamptz,
    purged_at timestamptz,
    erased jsonb not null default '{}'
);
comment on table crm.erasures is
    'One row per erasure, which is its certificate: what was erased where and when, not of whom.';
comment on column crm.erasures.basis is
    'request: of the person; crm: a signal of Zoho; age: AHA_KEEP_PERSONAL_DAYS.';
comment on column crm.erasures.subject_digest is
    'SHA-256 of "receipt:phone, e-mail or id"; the receipt is kept nowhere here.';
comment on column crm.erasures.suppressed_at is 'When no surface showed the person any more.';
comment on column crm.erasures.purged_at is 'When the sealed copies were deleted.';
comment on column crm.erasures.erased is 'Rows by place, such as {"crm.leads_raw": 1}.';

create table crm.forgotten (
    module text not null references crm.modules,
    id text not null,
    erasure bigint not null references crm.erasures,
    primary key (module, id)
);
create index on crm.forgotten (id);
comment on table crm.forgotten is
    'Records of forgotten persons. They keep what figures need, and get nothing else again.';

create table crm.personal_fields (
    module text not null,
    field text not null,
    is_personal boolean not null,
    primary key (module, field)
);
comment on table crm.personal_fields is
    'What personal_fields.csv says of fields; module * is all. Derived: correct it in the file.';

-- What was there before, from the suppression until the purge: for the owner of the database alone.
create table aha_private.suppressed (
    erasure bigint not null references crm.erasures,
    module text not null,
    id text,
    content text not null
);
create index on aha_private.suppressed (erasure);

-- The fields of a module that are kept of a forgotten record: those that personal_fields.csv calls
-- not personal, and of the others the ones of a type that names nobody and that Zoho does not call
-- private. A field that nobody knows is personal.
create function crm.kept_fields(module_name text) returns text[]
language sql stable as $$
    with told as (
        select distinct on (field) field, is_personal
        from crm.personal_fields
        where module in (module_name, '*')
        order by field, module = '*'
    ),
    typed as (
        select api_name as field
        from crm.crm_fields
        where module = module_name
            and data_type in ('picklist', 'multiselectpicklist', 'boolean', 'currency', 'percent',
                'date', 'datetime', 'ownerlookup', 'userlookup')
            and coalesce(raw_data -> 'private', 'null') = 'null'
    )
    select coalesce(array_agg(field), '{}')
    from told
    full join typed using (field)
    where told.is_personal is not true
$$;

-- A record without its person. A text that is not kept says '(erased)', so that what was filled in
-- stays told from what was empty; a lookup keeps its id; anything else is null.
create function crm.without_person(record jsonb, kept text[]) returns jsonb
language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(key, case
        when key = any(kept) and jsonb_typeof(value) = 'object' then (
            select coalesce(jsonb_object_agg(part, case jsonb_typeof(inner_value)
                when 'object' then jsonb_build_object('id', inner_value -> 'id')
                else inner_value
            end), '{}')
            from jsonb_each(value) e (part, inner_value)
        )
        when jsonb_typeof(value) = 'array' and exists (
            select from jsonb_array_elements(value) item where jsonb_typeof(item) = 'object'
        ) then 'null'
        when key = any(kept) then value
        when jsonb_typeof(value) = 'object' and value ->> 'id' is not null
            then jsonb_build_object('id', value -> 'id', 'name', '(erased)')
        -- One mark in a full name is enough.
        when jsonb_typeof(value) = 'string' and key <> 'First_Name' and value #>> '{}' ~ '\S'
            then '"(erased)"'
        else 'null'
    end), '{}')
    from jsonb_each(record)
$$;

create function crm.names_forgotten(record jsonb) returns boolean
language sql stable as $$
    select exists (
        select
        from jsonb_each(record) f
        where jsonb_typeof(f.value) = 'object'
            and f.value ->> 'id' in (select id from crm.forgotten)
    )
$$;

-- A record as it may be kept: whole, unless it is of a forgotten person. What belongs to one by a
-- lookup, a deal or a call, is treated as theirs; people and companies that name one lose that name.
create function crm.without_forgotten(module_name text, record jsonb) returns jsonb
language sql stable as $$
    select case
        when exists (
            select from crm.forgotten f where f.module = module_name and f.id = record ->> 'id'
        ) then crm.without_person(record, crm.kept_fields(module_name))
        when not crm.names_forgotten(record) then record
        when module_name not in ('Leads', 'Contacts', 'Accounts')
            then crm.without_person(record, crm.kept_fields(module_name))
        else record || (
            select jsonb_object_agg(key, value || '{"name": "(erased)"}')
            from jsonb_each(record)
            where jsonb_typeof(value) = 'object'
                and value ->> 'id' in (select id from crm.forgotten)
        )
    end
$$;

-- The contact, deal or account that a conversion made of a lead.
create function crm.made_of_lead(record jsonb, what text) returns text
language sql immutable parallel safe as $$
    select coalesce(
        record #>> array['$converted_detail', what, 'id'],
        record #>> array['$converted_detail', what],
        record #>> array['Converted_' || initcap(what), 'id']
    )
$$;

do $$
begin
    perform crm.protect(format('crm.%I', name)::regclass)
    from unnest(array['erasures', 'forgotten', 'personal_fields']) name;
    alter table aha_private.suppressed enable row level security;
end $$;
