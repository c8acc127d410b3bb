-- How this company's exchange rates are read: as the setting says, else as most of its deals in
-- foreign currencies can only be read; null where neither tells, and then nothing is converted. A rate
-- of the home currency itself can be read both ways or in none.

create function measures.company_rate_reading() returns text
language sql stable as $$
    with rates as (
        select measures.rate_reading(d.exchange_rate, w.dollars / h.dollars) as reading, d.deals
        from (
            select currency, exchange_rate, count(*) as deals
            from crm.crm_deals
            where exchange_rate <> 1
            group by currency, exchange_rate
        ) d
        cross join crm.organisation o
        join crm.currency_worth w on w.currency = d.currency
        join crm.currency_worth h on h.currency = o.currency
    ),
    readings as (
        select
            coalesce(sum(deals) filter (where reading = 'multiply'), 0) as multiplied,
            coalesce(sum(deals) filter (where reading = 'divide'), 0) as divided
        from rates
    )
    select coalesce(o.rate_reading, case
        when r.multiplied > r.divided then 'multiply'
        when r.divided > r.multiplied then 'divide'
    end)
    from crm.organisation o
    cross join readings r
$$;
