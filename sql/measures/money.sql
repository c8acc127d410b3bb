-- Money in the organisation's home currency, by the record's own rate.

-- Whether a rate, read in one way, could be that of the currency: at most four times more or less
-- than what a unit of it is worth in the home currency. Nothing speaks against a currency of which
-- no worth is known.
create function measures.is_plausible_rate(home_units numeric, worth numeric) returns boolean
language sql immutable parallel safe as $$
    select coalesce(home_units between worth / 4 and worth * 4, true)
$$;

-- The way in which Zoho's Exchange_Rate of a record must be read, if only one of the two is
-- plausible; else null. multiply: home currency units for one of the record's; divide: the reverse.
create function measures.rate_reading(exchange_rate numeric, worth numeric) returns text
language sql immutable parallel safe as $$
    select case
        when exchange_rate <= 0 then null
        when measures.is_plausible_rate(exchange_rate, worth)
            and not measures.is_plausible_rate(1 / exchange_rate, worth) then 'multiply'
        when measures.is_plausible_rate(1 / exchange_rate, worth)
            and not measures.is_plausible_rate(exchange_rate, worth) then 'divide'
    end
$$;

-- An amount in the home currency; null where it cannot be converted, so that nothing is added
-- wrongly. Nothing is nothing in any currency. A record without a currency is in the home currency,
-- unless it bears a foreign rate. A rate of exactly one, which a foreign currency has as long as nobody
-- sets it, counts where the two are known to be at par.
create function measures.home_amount(
    amount numeric, currency text, exchange_rate numeric, home text, reading text, worth numeric
) returns numeric
language sql immutable parallel safe as $$
    select case
        when amount = 0 or currency = home
            or (currency is null and coalesce(exchange_rate, 1) = 1) then amount
        when currency is null or exchange_rate <= 0 then null
        when exchange_rate = 1 then case when worth between 0.98 and 1.02 then amount end
        when reading = 'multiply' and measures.is_plausible_rate(exchange_rate, worth)
            then amount * exchange_rate
        when reading = 'divide' and measures.is_plausible_rate(1 / exchange_rate, worth)
            then amount / exchange_rate
    end
$$;
