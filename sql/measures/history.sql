-- The contents of records from their creation until they were first read here, one row each, from the
-- history that Zoho kept of them (crm.record_history). Given, one of a place: ids, when the records
-- were created, since when what was first read of them held, and what that said, by field.
-- Between two entries of a field, the one says what it became and the other what it had been: where
-- both say the same, that is known; so it is after the last one, if that says what was first read, and
-- before the first one as far as the history reaches. Else it is not known, and assumed to be the
-- next that is: those fields are in `assumed`, and assumed_until is when all is known again. Where the
-- two differ an entry is missing, and it may have changed other fields too: what is told by its end
-- alone is known since then.
-- The timeline counts; before it reaches, and without one, rows of the stage tracker do, which tell of
-- stages only. A stage that moved without a word of the probability leaves that unknown (null).
-- Names of an option that is shown by one and kept by another are not readable.
-- Of a record that was read within a day of its creation all is told or nothing: what it said first is
-- then taken to be what it was made with.

create function measures.contents_before(
    of_module text, ids text[], created_times timestamptz[], read_times timestamptz[],
    contents jsonb[]
) returns table (
    id text, said_from timestamptz, said_until timestamptz, said jsonb, assumed text[],
    assumed_until timestamptz
)
language sql stable as $$
    with records as (
        select r.id, r.created, r.watched, r.content, greatest(r.created, t.reach) as reach,
            t.reach is not null as has_timeline
        from unnest(ids, created_times, read_times, contents) as r (id, created, watched, content)
        left join (
            select record_id, reaches_back_to as reach
            from crm.record_history_reads
            where module = of_module and way = 'timeline'
        ) t on t.record_id = r.id
        where r.watched > r.created
    ),
    entries as (
        select
            r.id,
            r.created,
            h.way,
            h.entry_id,
            h.raw_data,
            h.raw_data ->> 'action' is not distinct from 'added' as is_creation,
            -- What was first read may be stamped some seconds before its entry.
            case
                when h.raw_data ->> 'action' = 'added' then r.created
                else least(greatest(h.audited_time, r.created), r.watched)
            end as at
        from records r
        join crm.record_history h on h.module = of_module and h.record_id = r.id
        where h.audited_time <= r.watched + interval '5 seconds'
            and (h.way = 'timeline' or not r.has_timeline or h.audited_time < r.reach)
    ),
    two_names as (
        select f.api_name as field, crm.text_key(n.name) as key
        from crm.crm_fields f
        cross join lateral jsonb_array_elements(f.picklist) o
        cross join lateral (values (o ->> 'display_value'), (o ->> 'actual_value')) n (name)
        where f.module = of_module
            and crm.text_key(o ->> 'display_value') <> crm.text_key(o ->> 'actual_value')
    ),
    sent as (
        select
            e.id,
            e.at,
            e.is_creation,
            e.entry_id,
            c.field,
            crm.history_value(c.field, c.old) as old,
            crm.history_value(c.field, c.new) as new
        from entries e
        cross join lateral (
            select f ->> 'api_name' as field, f #>> '{_value,old}' as old, f #>> '{_value,new}' as new
            from jsonb_array_elements(case jsonb_typeof(e.raw_data -> 'field_history')
                when 'array' then e.raw_data -> 'field_history' else '[]' end) f
            where f ->> 'api_name' <> 'Owner' and f -> '_value' ?& array['old', 'new']
        ) c
        union all
        select e.id, e.at, e.is_creation, e.entry_id, 'Owner', to_jsonb(o.old), to_jsonb(o.new)
        from entries e
        cross join lateral (
            select
                e.raw_data #>> '{automation_details,owner,old,id}' as old,
                e.raw_data #>> '{automation_details,owner,new,id}' as new
        ) o
        where o.old is not null or o.new is not null
        union all
        -- Only a name: whose it is, where one owner has it.
        select e.id, e.at, e.is_creation, e.entry_id, 'Owner', old.owner, new.owner
        from entries e
        cross join lateral jsonb_path_query(
            e.raw_data, 'lax $.field_history[*] ? (@.api_name == "Owner")._value'
        ) v
        left join lateral (
            select to_jsonb(min(owner_id)) as owner
            from analytics.owners
            where name = v ->> 'old'
            having count(*) = 1
        ) old on true
        left join lateral (
            select to_jsonb(min(owner_id)) as owner
            from analytics.owners
            where name = v ->> 'new'
            having count(*) = 1
        ) new on true
        where coalesce(
            e.raw_data #>> '{automation_details,owner,old,id}',
            e.raw_data #>> '{automation_details,owner,new,id}'
        ) is null
        union all
        select e.id, e.at, e.is_creation, e.entry_id, 'Probability', null, null
        from entries e
        where e.raw_data @> '{"field_history": [{"api_name": "Stage"}]}'
            and not e.raw_data @> '{"field_history": [{"api_name": "Probability"}]}'
        union all
        -- A row of the tracker has the field itself.
        select
            id,
            case
                when lag(id) over record is null and at < created + interval '1 minute' then created
                else at
            end,
            is_creation,
            entry_id,
            field,
            lag(crm.history_value(field, raw_data ->> field)) over record,
            crm.history_value(field, raw_data ->> field)
        from entries
        join (values ('Stage'), ('Lead_Status')) t (field) on raw_data ? field
        window record as (partition by id, field order by at, length(entry_id), entry_id)
    ),
    changes as (
        select
            c.id,
            c.at,
            c.field,
            case when o.key is null then c.old end as old,
            case when n.key is null then c.new end as new,
            lead(c.at) over record as next_at,
            lead(case when o.key is null then c.old end) over record as next_old,
            lag(c.id) over record is null as is_first
        from sent c
        left join two_names o on o.field = c.field and o.key = crm.text_key(c.old #>> '{}')
        left join two_names n on n.field = c.field and n.key = crm.text_key(c.new #>> '{}')
        window record as (
            partition by c.id, c.field
            order by c.at, c.is_creation desc, length(c.entry_id), c.entry_id
        )
    ),
    between_entries as (
        select
            c.id,
            c.field,
            c.at as since,
            coalesce(c.next_at, r.watched) as until,
            c.new as value,
            case
                when c.next_at is not null then c.next_old
                -- Whatever word for nothing it was read with.
                when crm.text_key(r.content ->> c.field) is null and r.content ? c.field then 'null'
                else r.content -> c.field
            end as value_after
        from changes c
        join records r using (id)
    ),
    -- What only its end tells: before the first entry of a field, or all along where it has none.
    before_entries as (
        select r.id, c.field, r.reach as since, c.at as until, c.old as value
        from changes c
        join records r using (id)
        where c.is_first and r.has_timeline and r.reach < c.at
        union all
        select r.id, f.field, r.reach, r.watched, r.content -> f.field
        from records r
        cross join lateral jsonb_object_keys(r.content) f (field)
        where r.has_timeline
            and not exists (select from changes c where c.id = r.id and c.field = f.field)
    ),
    gaps as (
        select id, since, until
        from between_entries
        where value is not null and value_after is not null
            and not crm.is_same_value(value, value_after)
    ),
    spans as (
        select id, field, since, until, value, crm.is_same_value(value, value_after) as is_known
        from between_entries
        union all
        select
            b.id,
            b.field,
            greatest(b.since, (
                select max(g.until) from gaps g where g.id = b.id and g.since < b.until
            )),
            b.until,
            b.value,
            b.value is not null
        from before_entries b
    ),
    cuts as (
        select r.id, r.created as at from records r
        union
        select s.id, s.since
        from spans s
        join records r using (id)
        where s.since < r.watched
    ),
    segments as (
        select
            r.id,
            r.content,
            r.watched < r.created + interval '1 day' as is_read_soon,
            c.at as said_from,
            coalesce(lead(c.at) over (partition by r.id order by c.at), r.watched) as said_until
        from cuts c
        join records r using (id)
    ),
    told as (
        select
            g.id,
            g.said_from,
            g.said_until,
            g.content,
            g.is_read_soon,
            f.field,
            s.value,
            coalesce(s.is_known, false) as is_known,
            count(*) filter (where s.is_known) over (
                partition by g.id, f.field order by g.said_from desc
            ) as stretch
        from segments g
        cross join lateral jsonb_object_keys(g.content) f (field)
        left join spans s
            on s.id = g.id and s.field = f.field
            and s.since <= g.said_from and g.said_from < s.until
    ),
    carried as (
        select
            *,
            case when stretch = 0 then content -> field else first_value(value) over (
                partition by id, field, stretch order by said_from desc
            ) end as next_known
        from told
    ),
    whole as (
        select
            c.id,
            c.said_from,
            c.said_until,
            c.is_read_soon,
            jsonb_object_agg(
                c.field,
                case when c.is_known or c.field <> 'Probability' then c.next_known else 'null' end
            ) as said,
            array_agg(c.field order by c.field)
                filter (where not c.is_known and c.field <> 'Probability') as assumed
        from carried c
        group by c.id, c.said_from, c.said_until, c.is_read_soon
    ),
    runs as (
        select
            *,
            count(*) filter (where assumed is null) over (
                partition by id order by said_from
            ) as run,
            is_read_soon and count(assumed) over (partition by id) > 0 as is_left_out
        from whole
    )
    select
        r.id,
        r.said_from,
        r.said_until,
        r.said,
        r.assumed,
        case when r.assumed is not null then
            max(r.said_until) over (partition by r.id, r.run)
        end
    from runs r
    where not r.is_left_out
$$;

-- Whether Zoho's own history has something of deals in these days, which were not watched, of the
-- sources and owners given, as they say now; of all where those are null. What moved in the open
-- pipeline is then known from it.
create function measures.is_pipeline_told(
    first_day date, last_day date, of_sources text[] default null, of_owners text[] default null
) returns boolean
language sql stable as $$
    select exists (
        select
        from crm.organisation o
        join crm.record_history h
            on h.module = 'Deals'
            and h.audited_time >= first_day::timestamp at time zone o.timezone
            and h.audited_time
                < least((last_day + 1)::timestamp at time zone o.timezone, o.connected_at)
        where coalesce(of_sources, of_owners) is null
            or exists (
                select from measures.of_chosen(array[h.record_id], of_sources, of_owners)
            )
    )
$$;
