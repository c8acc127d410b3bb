-- Reps: one row per owner of leads created on the days, of deals closed on them, or of deals open at
-- the end of the day `open_at`; of the sources and owners given. Of all days, sources and owners where
-- they are null; without open_at no deal is open. What each column means is said in
-- sql/marts/rep_matrix.sql.

create function measures.reps(
    since date default null, until date default null, of_sources text[] default null,
    of_owners text[] default null, open_at date default null
) returns table (
    owner_id text, leads bigint, junk_leads bigint, open_deals bigint, open_value numeric,
    won_deals bigint, won_value numeric, lost_deals bigint, win_rate_by_count numeric,
    win_rate_by_value numeric, leads_qualified bigint, junk_pct numeric, weighted_value numeric,
    lost_value numeric, closed_deals bigint, too_few boolean, win_rate_low numeric,
    win_rate_high numeric
)
language sql stable as $$
    with flows as (
        select
            p.owner_id,
            sum(p.new_leads)::bigint as leads,
            sum(p.junk_leads)::bigint as junk_leads,
            sum(p.qualified_leads + p.converted_leads)::bigint as leads_qualified,
            sum(p.won_deals)::bigint as won_deals,
            sum(p.won_value) as won_value,
            sum(p.lost_deals)::bigint as lost_deals,
            sum(p.lost_value) as lost_value,
            sum(p.won_deals + p.lost_deals)::bigint as closed_deals
        from measures.period(since, until, of_sources, of_owners) p
        group by p.owner_id
    ),
    stocks as (
        select
            o.owner_id,
            sum(o.open_deals)::bigint as open_deals,
            sum(o.open_value) as open_value,
            sum(o.weighted_value) as weighted_value
        from measures.open_value(open_at, of_sources, of_owners) o
        group by o.owner_id
    ),
    together as (
        select
            owner_id,
            coalesce(f.leads, 0) as leads,
            coalesce(f.junk_leads, 0) as junk_leads,
            coalesce(f.leads_qualified, 0) as leads_qualified,
            coalesce(s.open_deals, 0) as open_deals,
            coalesce(s.open_value, 0) as open_value,
            coalesce(s.weighted_value, 0) as weighted_value,
            coalesce(f.won_deals, 0) as won_deals,
            coalesce(f.won_value, 0) as won_value,
            coalesce(f.lost_deals, 0) as lost_deals,
            coalesce(f.lost_value, 0) as lost_value,
            coalesce(f.closed_deals, 0) as closed_deals
        from flows f
        full join stocks s using (owner_id)
    )
    select
        t.owner_id,
        t.leads,
        t.junk_leads,
        t.open_deals,
        t.open_value,
        t.won_deals,
        t.won_value,
        t.lost_deals,
        measures.pct(t.won_deals, t.closed_deals),
        measures.share_of_value(t.won_value, t.won_value + t.lost_value),
        t.leads_qualified,
        measures.pct(t.junk_leads, t.leads),
        t.weighted_value,
        t.lost_value,
        t.closed_deals,
        measures.is_too_few(t.closed_deals),
        measures.win_rate_bound(t.won_deals, t.closed_deals, -1),
        measures.win_rate_bound(t.won_deals, t.closed_deals, 1)
    from together t
$$;
