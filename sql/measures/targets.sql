-- What targets mean: their days, whom they are for, and which cannot be met with figures.

-- The first and last day of a period as targets.csv names it: a month of the calendar, or a quarter or
-- a year of the fiscal year that the company calls by `year`.
create function measures.target_period(
    period text, year integer, number integer, start_month integer, by_end boolean
) returns table (first_day date, last_day date)
language sql immutable as $$
    select
        b.begins::date as first_day,
        (b.begins + case period
            when 'month' then interval '1 month'
            when 'quarter' then interval '3 months'
            else interval '1 year'
        end)::date - 1 as last_day
    from (
        select case
            when period = 'month' then make_date(year, number, 1)::timestamp
            else make_date(
                year - case when by_end and start_month > 1 then 1 else 0 end,
                coalesce(start_month, 1),
                1
            )::timestamp + make_interval(months => 3 * (coalesce(number, 1) - 1))
        end as begins
    ) b
$$;

-- The periods in which a day lies: its month, and its fiscal quarter and year.
create function measures.periods_of(at_day date)
returns table (period text, first_day date, last_day date)
language sql stable as $$
    select p.period, p.first_day, (p.first_day + p.length)::date - 1 as last_day
    from crm.organisation o
    cross join lateral (values
        ('month', date_trunc('month', at_day::timestamp)::date, interval '1 month'),
        ('quarter', crm.fiscal_quarter_start(at_day, o.fiscal_start_month), interval '3 months'),
        ('year', crm.fiscal_year_start(at_day, o.fiscal_start_month), interval '1 year')
    ) p (period, first_day, length)
$$;

-- The days from `since` to `until`, both included, on which the company works: the days of the week
-- that have business hours (Monday to Friday where nobody says), without holidays.
create function measures.working_days(since date, until date) returns bigint
language sql stable as $$
    with week as (
        select coalesce(array_agg(b.weekday), array[1, 2, 3, 4, 5]) as worked
        from crm.business_hours b
    )
    select count(*)
    from generate_series(since::timestamp, until::timestamp, interval '1 day') d (day)
    cross join week w
    where extract(isodow from d.day)::integer = any(w.worked)
        and not exists (select from crm.holidays h where h.day = d.day::date)
$$;

-- The targets in force with whom they are for, and what is wrong with each: trouble is null where
-- nothing is. owner_id, source: of the rep or source that the name fits, of two reps the first by id,
-- else null.
-- unknown: nobody, or nothing, is called so; ambiguous: two reps are; currency: not the home currency;
-- zero: there is nothing to win; left: the rep has no open deal, and no deal or lead of the 90 days
-- before at_day; twice: the rep, by name and by id, or the source has other numbers for the same days.
create function measures.targets(at_day date) returns table (
    scope text, name text, period text, first_day date, last_day date, amount numeric,
    deals integer, currency text, home text, owner_id text, owner_name text, source text,
    trouble text
)
language sql stable as $$
    with found as (
        select
            t.scope,
            t.name,
            t.period,
            t.first_day,
            t.last_day,
            case when t.amount > 0 then t.amount end as amount,
            case when t.deals > 0 then t.deals end as deals,
            t.currency,
            o.currency as home,
            r.owner_id,
            r.owner_name,
            s.source,
            case
                when t.currency <> o.currency then 'currency'
                when coalesce(t.amount, 0) = 0 and coalesce(t.deals, 0) = 0 then 'zero'
                when t.scope = 'rep' and coalesce(r.fitting, 0) = 0 then 'unknown'
                when r.fitting > 1 then 'ambiguous'
                when t.scope = 'source' and s.source is null then 'unknown'
                when t.scope = 'rep' and t.last_day >= at_day
                    and not exists (
                        select
                        from analytics.deal_history h
                        where h.owner_id = r.owner_id and h.is_present and not h.is_deleted
                            and (h.meaning = 'open' or h.day > at_day - 90)
                    )
                    and not exists (
                        select
                        from analytics.lead_volume v
                        where v.owner_id = r.owner_id and v.day > at_day - 90
                    )
                    then 'left'
            end as trouble
        from analytics.targets t
        cross join crm.organisation o
        left join lateral (
            select w.owner_id, w.owner_name, count(*) over () as fitting
            from analytics.owners w
            where t.scope = 'rep'
                and (
                    w.owner_id = t.name
                    or crm.text_key(t.name) in (crm.text_key(w.name), crm.text_key(w.owner_name))
                )
            order by w.owner_id
            limit 1
        ) r on true
        left join lateral (
            select l.label as source
            from crm.text_labels l
            where t.scope = 'source' and l.field = 'Lead_Source' and l.key = crm.text_key(t.name)
        ) s on true
        where t.told_until is null
    )
    select
        f.scope,
        f.name,
        f.period,
        f.first_day,
        f.last_day,
        f.amount,
        f.deals,
        f.currency,
        f.home,
        f.owner_id,
        f.owner_name,
        f.source,
        case
            when coalesce(f.trouble, 'left') = 'left' and exists (
                select
                from found o
                where (o.scope, o.first_day, o.last_day) = (f.scope, f.first_day, f.last_day)
                    and coalesce(o.owner_id, o.source) = coalesce(f.owner_id, f.source)
                    and coalesce(o.trouble, 'left') = 'left'
                    and (o.amount, o.deals) is distinct from (f.amount, f.deals)
            ) then 'twice'
            else f.trouble
        end
    from found f
$$;

-- A sentence for each target in force, and not over before at_day, that is not counted as it stands.
create function measures.target_troubles(at_day date) returns table (sentence text)
language sql stable as $$
    select
        format(
            'The target of %s for %s to %s ',
            case t.scope
                when 'company' then 'the company'
                when 'rep' then format('the rep “%s”', t.name)
                else format('the source “%s”', t.name)
            end,
            to_char(t.first_day, 'YYYY-MM-DD'),
            to_char(t.last_day, 'YYYY-MM-DD')
        ) || case t.trouble
            when 'currency' then format(
                'is in %s and figures are in %s, so it is not compared: write it in %s.',
                t.currency, t.home, t.home
            )
            when 'zero' then 'is zero, so there is nothing to reach: write an amount or a number of '
                || 'deals, or take it out.'
            when 'twice' then format(
                'is one of two or more for the same %s and days with different numbers, so none of '
                    || 'them is compared: keep one.',
                t.scope
            )
            when 'ambiguous' then 'fits two reps of that name or more: write the id instead.'
            when 'left' then 'is for somebody without an open deal, and without a new lead or deal for '
                || '90 days: it still counts; give it to whoever took over.'
            when 'unknown' then format(
                'fits no %s: write the name as Zoho has it.', t.scope
            )
        end as sentence
    from measures.targets(at_day) t
    where t.trouble is not null and t.last_day >= at_day
$$;
