-- No surface and no other mart read these two, so their files are gone. The engine builds only what
-- has a file; what older versions built, a view and a table, is dropped here, unless something of
-- the user's reads it.
do $$
declare
    mart record;
begin
    for mart in
        select relname, case relkind when 'v' then 'view' else 'table' end as what
        from pg_class
        where relnamespace = 'analytics'::regnamespace
        and relname in ('kpi_comparison', 'stage_transitions')
    loop
        begin
            execute format('drop %s analytics.%I', mart.what, mart.relname);
        exception
            when dependent_objects_still_exist then null;
        end;
    end loop;
end
$$;
delete from analytics.mart_refreshes where mart in ('kpi_comparison', 'stage_transitions');
delete from analytics.metric_dictionary where mart in ('kpi_comparison', 'stage_transitions');
