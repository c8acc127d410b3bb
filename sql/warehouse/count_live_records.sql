-- The living records of a module, as Zoho may count them: all, without the converted ones, and
-- without those that wait for approval too.
select
    count(*) as all_records,
    count(*) filter (where not converted) as without_converted,
    count(*) filter (where not converted and approved) as without_unapproved
from (
    select
        coalesce(raw_data -> '$converted' = 'true'::jsonb, false) as converted,
        coalesce(raw_data -> '$approved' <> 'false'::jsonb, true) as approved
    from crm.{table}
    where deleted_at is null
) living;
