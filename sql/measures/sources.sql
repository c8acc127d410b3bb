-- Sources of leads, and of deals won: one row each, of the days, sources and owners given; of all
-- where they are null. Leads are those created on the days, by what they say now; won deals those won
-- on the days. What each column means is said in sql/marts/source_quality.sql.
-- qualified_now: qualified and not converted. share_*: of the leads, 0 to 100; with junk_pct and
-- conversion_pct they add up to 100.

create function measures.sources(
    since date default null, until date default null, of_sources text[] default null,
    of_owners text[] default null
) returns table (
    source text, leads bigint, junk_leads bigint, junk_pct numeric, qualified_leads bigint,
    converted_leads bigint, won_deals bigint, won_value numeric, open_leads bigint,
    lost_leads bigint, conversion_pct numeric, qualified_pct numeric, qualified_now bigint,
    share_open numeric, share_qualified numeric, share_lost numeric
)
language sql stable as $$
    with sums as (
        select
            p.source,
            sum(p.new_leads)::bigint as leads,
            sum(p.open_leads)::bigint as open_leads,
            sum(p.qualified_leads)::bigint as qualified_now,
            sum(p.qualified_leads + p.converted_leads)::bigint as qualified_leads,
            sum(p.converted_leads)::bigint as converted_leads,
            sum(p.lost_leads)::bigint as lost_leads,
            sum(p.junk_leads)::bigint as junk_leads,
            sum(p.won_deals)::bigint as won_deals,
            sum(p.won_value) as won_value
        from measures.period(since, until, of_sources, of_owners) p
        group by p.source
    )
    select
        s.source,
        s.leads,
        s.junk_leads,
        measures.pct(s.junk_leads, s.leads),
        s.qualified_leads,
        s.converted_leads,
        s.won_deals,
        s.won_value,
        s.open_leads,
        s.lost_leads,
        measures.pct(s.converted_leads, s.leads),
        measures.pct(s.qualified_leads, s.leads),
        s.qualified_now,
        measures.pct(s.open_leads, s.leads),
        measures.pct(s.qualified_now, s.leads),
        measures.pct(s.lost_leads, s.leads)
    from sums s
    where s.leads > 0 or s.won_deals > 0
$$;
