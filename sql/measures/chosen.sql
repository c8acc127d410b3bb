-- Which of some leads and deals, by their ids, are of the sources and owners given, as they say now; of
-- all where those are null. place: among the ids.

create function measures.of_chosen(ids text[], of_sources text[], of_owners text[])
returns table (id text, place bigint)
language sql stable as $$
    select i.id, i.place
    from unnest(ids) with ordinality i (id, place)
    cross join lateral (
        select l.source, l.owner_id
        from analytics.lead_history l
        where l.id = i.id and l.is_present
        union all
        select d.source, d.owner_id
        from analytics.deal_history d
        where d.id = i.id and d.is_present
    ) r
    where (of_sources is null or r.source = any(of_sources))
        and (of_owners is null or r.owner_id = any(of_owners))
$$;
