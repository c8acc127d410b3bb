-- The deals that no sum of money holds. What shows such a sum says how many they are.

-- Whether a deal is of unknown value, for want of an amount or of a valid exchange rate. amount: in the
-- home currency.
create function measures.is_unvalued(amount numeric) returns boolean
language sql immutable parallel safe as $$
    select amount is null
$$;

-- How many of the deals won and lost on the days from `since` to `until`, both included, are of unknown
-- value; of the sources and owners given, of all where those are null.
create function measures.unvalued_deals(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (won_deals bigint, lost_deals bigint)
language sql stable as $$
    select
        count(*) filter (where d.meaning = 'won'),
        count(*) filter (where d.meaning = 'lost')
    from analytics.deals d
    where d.closed_day between since and until
        and measures.is_unvalued(d.amount)
        and (of_sources is null or d.source = any(of_sources))
        and (of_owners is null or d.owner_id = any(of_owners))
$$;

-- The deals, open and closed, that had at the end of a day an amount without a valid exchange rate, and
-- what they said then. How many of them were open is unconverted_deals of measures.kpis.
create function measures.unconverted_deals(at_end_of date)
returns table (id text, meaning text, created_day date, closing_date date)
language sql stable as $$
    select h.id, h.meaning, h.day, h.closing_date
    from analytics.deal_history h
    where h.is_unconverted
        and h.from_day <= at_end_of
        and (h.until_day is null or h.until_day > at_end_of)
$$;
