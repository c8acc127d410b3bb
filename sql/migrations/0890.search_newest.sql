-- A search of what many records share is answered from the newest of them: from the index it would
-- be read for every one that has it.

-- What a text is looked up by, each to be in crm.search_terms of a record: the beginning of a telephone
-- number, as of crm.search_number, or else beginnings of words.
create function crm.search_parts(words text, number text) returns text[]
language sql immutable parallel safe as $$
    select case
        when number is not null then array[quote_literal('tel' || number) || ':*']
        else array(
            select quote_literal(w) || ':*'
            from unnest(crm.search_words(words)) w
        )
    end
$$;

-- Reads the newest records of a table one by one for as long as every fiftieth has all the parts,
-- until there are 20. ids: their ids, the latest changed first; shared: the parts that more than a
-- quarter of those read have.
create function crm.search_newest(
    records regclass, parts text[], out ids text[], out shared text[]
)
language plpgsql stable
set enable_indexscan = on
as $$
declare
    queries tsquery[] := parts::tsquery[];
    times integer[] := array_fill(0, array[cardinality(parts)]);
    seen integer := 0;
    newest record;
begin
    ids := '{}';
    for newest in execute format('
        select id, crm.search_terms(raw_data) as terms
        from %s
        where deleted_at is null and modified_time is not null
        order by modified_time desc
        limit 1000', records)
    loop
        seen := seen + 1;
        for n in 1 .. cardinality(queries) loop
            times[n] := times[n] + (newest.terms @@ queries[n])::integer;
        end loop;
        if newest.terms @@ all (queries) then
            ids := ids || newest.id;
        end if;
        exit when cardinality(ids) = 20 or seen = 50 * (1 + cardinality(ids));
    end loop;
    shared := array(
        select part
        from unnest(parts, times) p (part, times)
        where 4 * p.times > seen
    );
end $$;

-- The ids of the live records of a table that have all the parts, at most 20, the latest changed first.
create function crm.search(records regclass, parts text[]) returns text[]
language plpgsql stable
-- Where many are expected, the table would be read from its beginning instead of by the index.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    ids text[];
    shared text[] := '{}';
    rare text[];
begin
    if parts = '{}' then
        return parts;
    end if;
    -- Of fewer records the index is read in no time, whatever they share.
    if (select reltuples from pg_class where oid = records) > 5000 then
        select n.ids, n.shared into ids, shared from crm.search_newest(records, parts) n;
        if cardinality(ids) = 20 then
            return ids;
        end if;
    end if;
    rare := array(select unnest(parts) except select unnest(shared));
    if shared <> '{}' and rare <> '{}' then
        -- What is shared is looked for in those that have the rest, unless they are many.
        execute format('
            with candidates as materialized (
                select id, modified_time, raw_data
                from %s
                where deleted_at is null and crm.search_terms(raw_data) @@ %L
                limit 1001
            )
            select array(
                select id
                from candidates
                where crm.search_terms(raw_data) @@ %L
                order by modified_time desc nulls last
                limit 20
            )
            where (select count(*) from candidates) <= 1000',
            records, array_to_string(rare, ' & '), array_to_string(shared, ' & ')
        ) into ids;
        if ids is not null then
            return ids;
        end if;
    end if;
    execute format('
        select array(
            select id
            from %s
            where deleted_at is null and crm.search_terms(raw_data) @@ %L
            order by modified_time desc nulls last
            limit 20
        )',
        records, array_to_string(parts, ' & ')
    ) into ids;
    return ids;
end $$;
