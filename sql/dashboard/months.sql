-- grain: one row per month, the last twelve up to the period's end, also where nothing happened in it
-- Of the chosen sources and owners; team_*: of those of the team. new_leads: created in the month;
-- won, lost and closed deals by the day they were won or lost. first_day, last_day: what the month
-- counts; is_partial: it ends before the month does.

with months as (
    select m::date as month, (m + interval '1 month' - interval '1 day')::date as month_end
    from generate_series(
        date_trunc('month', %(last_day)s::date::timestamp) - interval '11 months',
        %(last_day)s::date,
        interval '1 month'
    ) m
),
stretches as (
    select
        month,
        month as first_day,
        least(month_end, %(last_day)s::date) as last_day,
        month_end > %(last_day)s::date or month_end >= %(today)s::date as is_partial
    from months
),
parts as (
    select
        date_trunc('month', p.day::timestamp)::date as month,
        (%(sources)s::text[] is null or p.source = any(%(sources)s))
            and (%(owners)s::text[] is null or p.owner_id = any(%(owners)s)) as is_own,
        (%(team_sources)s::text[] is null or p.source = any(%(team_sources)s))
            and (%(team_owners)s::text[] is null or p.owner_id = any(%(team_owners)s)) as is_team,
        sum(p.new_leads) as new_leads,
        sum(p.new_junk_leads) as junk_leads,
        sum(p.won_deals) as won_deals,
        sum(p.won_deals + p.lost_deals) as closed_deals
    from analytics.kpi_parts p
    where p.day between (select min(first_day) from stretches) and %(last_day)s::date
    group by 1, 2, 3
),
sums as (
    select
        s.*,
        g.is_team,
        coalesce(sum(p.new_leads), 0) as new_leads,
        coalesce(sum(p.junk_leads), 0) as junk_leads,
        coalesce(sum(p.new_leads - p.junk_leads), 0) as good_leads,
        coalesce(sum(p.won_deals), 0) as won_deals,
        coalesce(sum(p.closed_deals), 0) as closed_deals
    from stretches s
    cross join (values (false), (true)) g (is_team)
    left join parts p on p.month = s.month and case when g.is_team then p.is_team else p.is_own end
    group by s.month, s.first_day, s.last_day, s.is_partial, g.is_team
)
select
    o.month,
    o.first_day,
    o.last_day,
    o.is_partial,
    o.new_leads,
    o.junk_leads,
    o.good_leads,
    o.won_deals,
    o.closed_deals,
    measures.pct(o.junk_leads, o.new_leads) as junk_pct,
    measures.pct(t.junk_leads, t.new_leads) as team_junk_pct,
    measures.pct(o.won_deals, o.closed_deals) as win_rate,
    measures.pct(t.won_deals, t.closed_deals) as team_win_rate,
    measures.win_rate_bound(o.won_deals, o.closed_deals, -1) as win_rate_low,
    measures.win_rate_bound(o.won_deals, o.closed_deals, 1) as win_rate_high,
    measures.is_too_few(o.closed_deals) as too_few
from sums o
join sums t on t.month = o.month and t.is_team
where not o.is_team
order by o.month
