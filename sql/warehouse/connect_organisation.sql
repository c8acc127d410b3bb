-- The first sync names the organisation; later ones may only change how its days are counted.
insert into crm.organisation (
    org_id, name, is_sandbox, timezone, currency, rate_reading, home_timezone, home_currency,
    web_url
)
values (
    %(org_id)s, %(name)s, %(is_sandbox)s, %(timezone)s, %(currency)s, %(rate_reading)s,
    %(home_timezone)s, %(home_currency)s, %(web_url)s
)
on conflict (singleton) do update
set name = excluded.name, timezone = excluded.timezone, currency = excluded.currency,
    rate_reading = excluded.rate_reading,
    home_timezone = coalesce(excluded.home_timezone, organisation.home_timezone),
    home_currency = coalesce(excluded.home_currency, organisation.home_currency),
    web_url = coalesce(excluded.web_url, organisation.web_url)
where organisation.org_id = excluded.org_id
and organisation.is_sandbox = excluded.is_sandbox
returning org_id;
