-- No surface and no other mart read these two, so their files are gone. The engine builds only what
-- has a file; what older versions built is dropped here, unless something of the user's reads it.
do $$
begin
    drop table if exists analytics.kpi_comparison, analytics.stage_transitions;
exception
    when dependent_objects_still_exist then null;
end
$$;
delete from analytics.mart_refreshes where mart in ('kpi_comparison', 'stage_transitions');
delete from analytics.metric_dictionary where mart in ('kpi_comparison', 'stage_transitions');
