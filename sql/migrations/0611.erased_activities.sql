-- An erased meeting keeps whom it was with by their ids, as any other activity does by its lookups, so
-- that the first touch of a lead stays what it was; and a record that names a forgotten person among
-- its participants alone is treated as theirs.

-- The ids of the records that a record names by a lookup, and of those who take part in a meeting.
create function crm.named_ids(record jsonb) returns setof text
language sql immutable parallel safe as $$
    select value ->> 'id' from jsonb_each(record) where jsonb_typeof(value) = 'object'
    union all
    select jsonb_path_query(record, '$.Participants[*].participant') #>> '{}'
$$;

create or replace function crm.names_forgotten(record jsonb) returns boolean
language sql stable as $$
    select exists (
        select from crm.named_ids(record) named where named in (select id from crm.forgotten)
    )
$$;

-- As before, but for the participants: records and users among them keep their ids, and nothing else.
create or replace function crm.without_person(record jsonb, kept text[]) returns jsonb
language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(key, case
        when key = any(kept) and jsonb_typeof(value) = 'object' then (
            select coalesce(jsonb_object_agg(part, case jsonb_typeof(inner_value)
                when 'object' then jsonb_build_object('id', inner_value -> 'id')
                else inner_value
            end), '{}')
            from jsonb_each(value) e (part, inner_value)
        )
        when key = 'Participants' and jsonb_typeof(value) = 'array' then (
            select coalesce(jsonb_agg(
                jsonb_build_object('type', item -> 'type', 'participant', item -> 'participant')
                order by place
            ), '[]')
            from jsonb_array_elements(value) with ordinality e (item, place)
            where item ->> 'type' in ('lead', 'contact', 'user')
                and item ->> 'participant' ~ '^[0-9]+$'
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

-- As before; a person or company that names a forgotten one otherwise than by a lookup stays whole.
create or replace function crm.without_forgotten(module_name text, record jsonb) returns jsonb
language sql stable as $$
    select case
        when exists (
            select from crm.forgotten f where f.module = module_name and f.id = record ->> 'id'
        ) then crm.without_person(record, crm.kept_fields(module_name))
        when not crm.names_forgotten(record) then record
        when module_name not in ('Leads', 'Contacts', 'Accounts')
            then crm.without_person(record, crm.kept_fields(module_name))
        else record || (
            select coalesce(jsonb_object_agg(key, value || '{"name": "(erased)"}'), '{}')
            from jsonb_each(record)
            where jsonb_typeof(value) = 'object'
                and value ->> 'id' in (select id from crm.forgotten)
        )
    end
$$;
