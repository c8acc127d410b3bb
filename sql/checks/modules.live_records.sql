-- asset: crm/*
-- severity: error
-- blocking: yes
-- description: Far fewer live records than the day before. Run `aha reconcile`: it brings back what
-- is missing here, or certifies that Zoho has no more, which accepts the drop; then run `aha sync`.
--
-- Of every module: its live records against those of the last day before today on which this check
-- passed, or of a certificate that is newer. Far fewer: by more than 20 % and more than 50.

with today as (
    select (now() at time zone timezone)::date as day from crm.organisation
),
known as (
    (
        select k.records, k.kept_at as known_at
        from crm.live_records k
        cross join today t
        where k.module = {module} and k.day < t.day
        order by k.day desc
        limit 1
    )
    union all
    (
        select records_in_crm, checked_at
        from crm.reconciliations
        where module = {module} and verdict <> 'refused'
        order by checked_at desc
        limit 1
    )
),
before as (
    select records from known order by known_at desc limit 1
),
living as (
    -- two counts from indexes; one over the live records would read the whole table
    select
        (select count(*) from crm.{table})
        - (select count(*) from crm.{table} where deleted_at is not null) as records
)
select 'live records' as rule, b.records as expected, l.records as found
from before b
cross join living l
where b.records - l.records > greatest(50, 0.2 * b.records)
