-- Money of which nothing is known is no zero. A table of sums holds 0 both for deals that come to nothing
-- and for deals none of which has a known value.

-- A sum over so many deals as it can be told: null where there are deals and the value of none is known.
-- known: the sum of their known values, null where none is; asked for where the sum alone does not tell.
create function measures.known_value(value numeric, deals numeric, known numeric) returns numeric
language sql immutable parallel safe as $$
    select case when value <> 0 or deals = 0 then value else known end
$$;

-- The value of the deals won and lost on the days from `since` to `until`, both included, of the sources
-- and owners given; of all where they are null. Each null where no deal of a known value is.
create function measures.closed_values(
    since date, until date, of_sources text[] default null, of_owners text[] default null
) returns table (won_value numeric, lost_value numeric)
language sql stable as $$
    select
        sum(d.amount) filter (where d.meaning = 'won'),
        sum(d.amount) filter (where d.meaning = 'lost')
    from analytics.deals d
    where d.closed_day between since and until
        and (of_sources is null or d.source = any(of_sources))
        and (of_owners is null or d.owner_id = any(of_owners))
$$;

-- The same of the deals that were open at the end of a day, by what they said then; of one stage, or of
-- all where it is null.
create function measures.open_values(
    at_end_of date, of_stage text default null, of_sources text[] default null,
    of_owners text[] default null
) returns table (open_value numeric)
language sql stable as $$
    select sum(h.amount)
    from analytics.deal_history h
    where h.meaning = 'open'
        and h.from_day <= at_end_of
        and (h.until_day is null or h.until_day > at_end_of)
        and (of_stage is null or h.stage = of_stage)
        and (of_sources is null or h.source = any(of_sources))
        and (of_owners is null or h.owner_id = any(of_owners))
$$;
