-- An entry of a forgotten person's history keeps what figures need: when it was, the fields that are
-- kept of the record, and who owned it.

-- An entry without its person; `kept` are the fields of the module that a forgotten record keeps.
create function crm.history_without_person(way text, entry jsonb, kept text[]) returns jsonb
language sql immutable parallel safe as $$
    select case
        when way = 'stage_tracker' then crm.without_person(entry, kept || array[
            'id', 'Moved_To__s', 'Stage_Duration_Calendar_Days', 'Duration_Days', 'Modified_Time',
            'Created_Time', 'Modified_By'])
        else jsonb_build_object(
            'id', entry -> 'id',
            'audited_time', entry -> 'audited_time',
            'action', entry -> 'action',
            'source', entry -> 'source',
            'record', jsonb_build_object(
                'id', entry #> '{record,id}', 'module', entry #> '{record,module}'),
            'related_record', case
                when coalesce(entry -> 'related_record', 'null') = 'null' then 'null'::jsonb
                else jsonb_build_object('id', entry #> '{related_record,id}') end,
            'automation_details', case
                when jsonb_typeof(entry #> '{automation_details,owner}') = 'object'
                then jsonb_build_object('owner', entry #> '{automation_details,owner}') end,
            'field_history', (
                select jsonb_agg(change order by place)
                from jsonb_array_elements(case jsonb_typeof(entry -> 'field_history')
                    when 'array' then entry -> 'field_history' else '[]' end)
                    with ordinality e (change, place)
                where change ->> 'api_name' = any(kept)
            ))
    end
$$;
