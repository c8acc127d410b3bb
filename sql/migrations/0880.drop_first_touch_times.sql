-- Nothing read this table; who shows how long leads wait asks measures.first_touch, for any days and
-- whom they belong to. It goes as in 0020, unless something of the user's reads it.
do $$
begin
    drop table if exists analytics.first_touch_times;
exception
    when dependent_objects_still_exist then null;
end
$$;
delete from analytics.mart_refreshes where mart = 'first_touch_times';
delete from analytics.mart_builds where mart = 'first_touch_times';
delete from analytics.metric_dictionary where mart = 'first_touch_times';
