-- The deals lost on the days from `since` to `until`, both included, of the sources and owners given;
-- of all where they are null. reason: '(none)' where the record gives none. stage: the last open one
-- on which the deal was seen, '(not known)' where it was seen on none.

create function measures.lost(
    since date default null, until date default null, of_sources text[] default null,
    of_owners text[] default null
) returns table (
    id text, name text, account_name text, reason text, stage text, amount numeric,
    closed_day date, owner_id text, owner_name text, source text
)
language sql stable as $$
    select
        d.id,
        d.name,
        d.account_name,
        coalesce(l.reason, '(none)'),
        coalesce(h.stage, '(not known)'),
        d.amount,
        d.closed_day,
        d.owner_id,
        d.owner_name,
        d.source
    from analytics.lost_deals l
    join analytics.deals d on d.id = l.id
    left join lateral (
        select o.stage
        from analytics.deal_history o
        where o.id = l.id and o.meaning = 'open' and not o.is_assumed
        order by o.said_from desc
        limit 1
    ) h on true
    where (
            l.closed_day between coalesce(since, '-infinity') and coalesce(until, 'infinity')
            or l.closed_day is null and since is null and until is null
        )
        and (of_sources is null or d.source = any(of_sources))
        and (of_owners is null or d.owner_id = any(of_owners))
$$;
