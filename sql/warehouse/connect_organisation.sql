-- The first sync names the organisation; later ones may only change how its days are counted.
insert into crm.organisation (org_id, name, is_sandbox, timezone, currency, rate_reading)
values (
    %(org_id)s, %(name)s, %(is_sandbox)s, %(timezone)s, %(currency)s, %(rate_reading)s
)
on conflict (singleton) do update
set name = excluded.name, timezone = excluded.timezone, currency = excluded.currency,
    rate_reading = excluded.rate_reading
where organisation.org_id = excluded.org_id
and organisation.is_sandbox = excluded.is_sandbox
returning org_id;
