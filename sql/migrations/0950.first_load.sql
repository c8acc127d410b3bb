-- The first load of a module makes its indexes at the end, from all records at once: kept up record
-- by record they took the server half as long again. Meanwhile they are written down here. Only a table
-- that is empty to everybody else is without them, and the transaction that brings its records brings
-- them back: what one that fails leaves is an empty table, and the next one makes its indexes.
create table crm.indexes_aside (
    table_name text not null,
    name text not null,
    statements text[] not null,
    primary key (table_name, name)
);
select crm.protect('crm.indexes_aside');
comment on table crm.indexes_aside is
    'One row per index that its table is without until its first load is complete.';
comment on column crm.indexes_aside.statements is 'What makes it as it was.';

-- Takes the indexes off an empty table, but for its keys; returns whether it was empty. Who reads the
-- table is not to wait for long behind this: then it fails.
create function crm.set_indexes_aside(of_table text) returns boolean
language plpgsql
set lock_timeout = '1s'
set search_path = ''
as $$
declare
    relation regclass := format('crm.%I', of_table);
    has_records boolean;
    taken record;
begin
    execute format('select exists (select from %s)', relation) into has_records;
    if has_records then
        return false;
    end if;
    execute format('lock table %s', relation);
    for taken in
        select
            c.relname as name,
            array[pg_catalog.pg_get_indexdef(c.oid)] || array(
                select format(
                    'alter index crm.%I alter column %s set statistics %s',
                    c.relname, a.attnum, a.attstattarget
                )
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attstattarget >= 0
                order by a.attnum
            ) as statements
        from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        where i.indrelid = relation and not i.indisunique
    loop
        insert into crm.indexes_aside values (of_table, taken.name, taken.statements);
        execute format('drop index crm.%I', taken.name);
    end loop;
    return true;
end $$;

-- Makes the indexes of a table that were set aside. The table is locked first: who loads it has a lock
-- on it already, and must not wait for a row that somebody else has who waits for the table.
create function crm.restore_indexes(of_table text) returns void
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
        delete from crm.indexes_aside where table_name = of_table returning statements
    loop
        foreach statement in array aside.statements loop
            execute statement;
        end loop;
    end loop;
end $$;
