-- The first sync names the organisation; later ones may only change how its days and money are counted.
-- Rates are those to the home currency: where that is another one, the profile is read again.
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
    web_url = coalesce(excluded.web_url, organisation.web_url),
    profiled_at = case
        when coalesce(excluded.home_currency, organisation.home_currency)
            is not distinct from organisation.home_currency then organisation.profiled_at
    end
where organisation.org_id = excluded.org_id
and organisation.is_sandbox = excluded.is_sandbox
returning org_id;
