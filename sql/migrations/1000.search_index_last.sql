-- The index of the search takes longer to make than all others together, and no figure waits for it: a
-- first load is committed without it, and has it made then.
create function crm.restore_indexes(of_table text, with_search boolean) returns void
language plpgsql
set search_path = ''
as $$
declare
    aside record;
    statement text;
begin
    if not exists (select from crm.indexes_aside where table_name = of_table) then
        return;
    end if;
    execute format('lock table crm.%I in share mode', of_table);
    for aside in
        delete from crm.indexes_aside
        where table_name = of_table and (with_search or statements[1] not like '% USING gin %')
        returning statements
    loop
        foreach statement in array aside.statements loop
            execute statement;
        end loop;
    end loop;
end $$;

create or replace function crm.restore_indexes(of_table text) returns void
language sql
set search_path = ''
as $$
    select crm.restore_indexes(of_table, true)
$$;
