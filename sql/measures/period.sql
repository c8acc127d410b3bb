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
    with created as (
        select
            v.source,
            v.owner_id,
            sum(v.leads) as new_leads,
            sum(v.leads) filter (where v.meaning = 'open') as open_leads,
            sum(v.leads) filter (where v.meaning = 'qualified') as qualified_leads,
            sum(v.leads) filter (where v.meaning = 'converted') as converted_leads,
            sum(v.leads) filter (where v.meaning = 'lost') as lost_leads,
            sum(v.leads) filter (where v.meaning = 'junk') as junk_leads
        from analytics.lead_volume v
        where (since is null or v.day >= since)
            and (until is null or v.day <= until)
            and (of_sources is null or v.source = any(of_sources))
            and (of_owners is null or v.owner_id = any(of_owners))
        group by v.source, v.owner_id
    ),
    closed as (
        select
            p.source,
            p.owner_id,
            sum(p.won_deals) as won_deals,
            sum(p.won_value) as won_value,
            sum(p.lost_deals) as lost_deals,
            sum(p.lost_value) as lost_value
        from analytics.kpi_parts p
        where (since is null or p.day >= since)
            and (until is null or p.day <= until)
            and (of_sources is null or p.source = any(of_sources))
            and (of_owners is null or p.owner_id = any(of_owners))
        group by p.source, p.owner_id
        having sum(p.won_deals + p.lost_deals) > 0
    )
    select
        source,
        owner_id,
        coalesce(l.new_leads, 0)::bigint,
        coalesce(l.open_leads, 0)::bigint,
        coalesce(l.qualified_leads, 0)::bigint,
        coalesce(l.converted_leads, 0)::bigint,
        coalesce(l.lost_leads, 0)::bigint,
        coalesce(l.junk_leads, 0)::bigint,
        coalesce(c.won_deals, 0)::bigint,
        coalesce(c.won_value, 0),
        coalesce(c.lost_deals, 0)::bigint,
        coalesce(c.lost_value, 0)
    from created l
    full join closed c using (source, owner_id)
$$;
