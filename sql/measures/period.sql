-- What the days from `since` to `until`, both included, brought: one row per source and owner, of
-- those given; of all days, sources and owners where they are null. Sums over the rows are the
-- period's figures.
-- Leads: those created in the period, by what they say now; they are open, qualified, converted,
-- lost or junk. Won and lost: deals by the day on which they were won or lost.

create function measures.period(
    since date default null, until date default null, of_sources text[] default null,
    of_owners text[] default null
) returns table (
    source text, owner_id text, new_leads bigint, open_leads bigint, qualified_leads bigint,
    converted_leads bigint, lost_leads bigint, junk_leads bigint, won_deals bigint,
    won_value numeric, lost_deals bigint, lost_value numeric
)
language sql stable as $$
    select
        p.source,
        p.owner_id,
        sum(p.new_leads)::bigint,
        sum(p.new_open_leads)::bigint,
        sum(p.new_qualified_leads)::bigint,
        sum(p.new_converted_leads)::bigint,
        sum(p.new_lost_leads)::bigint,
        sum(p.new_junk_leads)::bigint,
        sum(p.won_deals)::bigint,
        sum(p.won_value),
        sum(p.lost_deals)::bigint,
        sum(p.lost_value)
    from analytics.kpi_parts p
    where (
            p.day between coalesce(since, '-infinity') and coalesce(until, 'infinity')
            or since is null and until is null
        )
        and (of_sources is null or p.source = any(of_sources))
        and (of_owners is null or p.owner_id = any(of_owners))
    group by p.source, p.owner_id
    having sum(p.new_leads + p.won_deals + p.lost_deals) > 0
$$;
