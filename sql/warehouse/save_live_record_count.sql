-- Keep how many live records a module has today, for the next day to be compared with.
insert into crm.live_records (module, day, records)
select
    {module},
    (now() at time zone o.timezone)::date,
    (select count(*) from crm.{table})
    - (select count(*) from crm.{table} where deleted_at is not null)
from crm.organisation o
on conflict (module, day) do update set records = excluded.records, kept_at = excluded.kept_at;
