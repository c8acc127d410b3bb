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
        l.id,
        l.name,
        l.account_name,
        coalesce(l.reason, '(none)'),
        coalesce(l.stage, '(not known)'),
        l.amount,
        l.closed_day,
        l.owner_id,
        coalesce(w.owner_name, l.owner_id),
        l.source
    from analytics.lost_deals l
    left join analytics.owners w on w.owner_id = l.owner_id
    where l.closed_day between coalesce(since, '-infinity') and coalesce(until, 'infinity')
        and (of_sources is null or l.source = any(of_sources))
        and (of_owners is null or l.owner_id = any(of_owners))
$$;
