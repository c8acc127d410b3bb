-- The deals that were open at the end of a day, of the sources and owners given; of all where they are
-- null. Sums are the pipeline of measures.kpis.

-- How many they were and their value, by the source and owner that they had then: from the changes of
-- all days up to then. At infinity, as of now: from the live deals.
create function measures.open_value(
    at_end_of date, of_sources text[] default null, of_owners text[] default null
) returns table (
    source text, owner_id text, open_deals bigint, open_value numeric, weighted_value numeric
)
language sql stable as $$
    select
        p.source,
        p.owner_id,
        sum(p.deals)::bigint,
        sum(p.value),
        sum(p.weighted_value)
    from (
        select
            k.source,
            k.owner_id,
            k.open_deals_change as deals,
            k.open_value_change as value,
            k.weighted_value_change as weighted_value
        from analytics.kpi_parts k
        where k.day <= at_end_of and at_end_of < 'infinity'
        union all
        select s.source, s.owner_id, s.deals, s.value, s.weighted_value
        from analytics.stage_parts s
        where s.meaning = 'open' and at_end_of = 'infinity'
    ) p
    where (of_sources is null or p.source = any(of_sources))
        and (of_owners is null or p.owner_id = any(of_owners))
    group by p.source, p.owner_id
    having sum(p.deals) <> 0
$$;

-- The same by the stage that they had then. Of all, too, from the changes of all days; of some from
-- their contents.
create function measures.open_deals(
    at_end_of date, of_sources text[] default null, of_owners text[] default null
) returns table (
    stage text, open_deals bigint, open_value numeric, weighted_value numeric
)
language sql stable as $$
    select c.step, sum(c.records)::bigint, sum(c.value), sum(c.weighted_value)
    from analytics.daily_changes c
    where of_sources is null
        and of_owners is null
        and c.entity = 'deal'
        and c.meaning = 'open'
        and c.day <= at_end_of
    group by c.step
    having sum(c.records) <> 0
    union all
    select h.stage, count(*), coalesce(sum(h.amount), 0), sum(h.weighted_amount)
    from analytics.deal_history h
    where coalesce(of_sources, of_owners) is not null
        and h.meaning = 'open'
        and h.from_day <= at_end_of
        and (h.until_day is null or h.until_day > at_end_of)
        and (of_sources is null or h.source = any(of_sources))
        and (of_owners is null or h.owner_id = any(of_owners))
    group by h.stage
$$;

-- Whether on some day that a content of a history holds it is not known what the record said.
create function measures.is_assumed(from_day date, until_day date, known_from date) returns boolean
language sql immutable parallel safe as $$
    select known_from is distinct from from_day and until_day is distinct from from_day
$$;

-- How much of what was open at the end of each day rests on assumption: the percent of its value, or
-- of the deals where they had none, whose content on that day is not known. Null where none was open.
create function measures.assumed_pcts(
    days date[], of_sources text[] default null, of_owners text[] default null
) returns table (day date, pct numeric)
language sql stable as $$
    with changes as materialized ( -- summed once for all days
        select * from measures.kpi_changes(of_sources, of_owners)
    )
    select
        d.day,
        coalesce(
            measures.pct(sum(c.assumed_value_change), sum(c.open_value_change)),
            measures.pct(sum(c.assumed_deals_change), sum(c.open_deals_change))
        )
    from unnest(days) d (day)
    left join changes c on c.day <= d.day
    group by d.day
$$;

-- The same of one day.
create function measures.assumed_pct(
    at_end_of date, of_sources text[] default null, of_owners text[] default null
) returns numeric
language sql stable as $$
    select p.pct from measures.assumed_pcts(array[at_end_of], of_sources, of_owners) p
$$;

-- The day before the first of the periods that a normal of the pipeline is made of (analytics.changes):
-- what was open at its end is as little known as their movements.
create function measures.day_behind(compared_with date[], days integer) returns date
language sql immutable parallel safe as $$
    select min(last_day) - days from unnest(compared_with) last_day
$$;

-- The percentage where so much is assumed that a reader of the figure has to be told; null below.
create function measures.much_assumed(assumed_pct numeric) returns numeric
language sql immutable parallel safe as $$
    select case when assumed_pct >= 5 then assumed_pct end
$$;

-- Whether a closing date is so far from a day, more than twenty years, that its year is mistyped: 0026 or
-- 2206 for 2026. It is to be corrected, and no count of days from or to it means anything.
create function measures.is_mistyped(closing_date date, at_day date) returns boolean
language sql immutable parallel safe as $$
    select coalesce(abs(closing_date - at_day) > 7305, false)
$$;

-- Whether an open deal is overdue for so long, more than 90 days, that it is but old: lists fold it away,
-- after all others. One of a mistyped year is to be corrected instead.
create function measures.is_long_overdue(closing_date date, at_day date) returns boolean
language sql immutable parallel safe as $$
    select coalesce(closing_date < at_day - 90, false)
        and not measures.is_mistyped(closing_date, at_day)
$$;

-- The reasons of analytics.slipping_deals as they are told on a day: of a mistyped year instead of overdue.
create function measures.reasons_told(reasons text, closing_date date, at_day date) returns text
language sql immutable parallel safe as $$
    select case when measures.is_mistyped(closing_date, at_day) then regexp_replace(
        reasons,
        'overdue$',
        'closing date in the year ' || extract(year from closing_date) || ', to be corrected'
    ) else reasons end
$$;
