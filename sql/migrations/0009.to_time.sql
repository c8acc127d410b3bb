-- As before, but the shape that Zoho writes is told without a regular expression, which took half
-- of the time: each record has three or four times, and they are read twice.
create or replace function crm.to_time(value text) returns timestamptz
language plpgsql immutable parallel unsafe strict as $$
begin
    if value not like '____-__-__T__:__:__+__:__'
        and value !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$' then
        return null;
    end if;
    return value::timestamptz;
exception when data_exception then
    return null;
end $$;
