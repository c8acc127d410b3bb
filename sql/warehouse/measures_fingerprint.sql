-- One row where the schema of the measures exists: of which texts they were made.
select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'measures'
