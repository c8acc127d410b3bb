-- grain: one row per figure of the period, with that of the stretch before it and the change
-- The change is of the period's days that are over, up to whole_until, and null where none is; of what
-- is open, that at the end of the period.
-- Of the chosen sources and owners. figure: new_leads, junk_pct (junk leads / new leads), qualified_leads
-- (qualified or converted by now), open_value and open_deals (at the end), won_value, won_deals,
-- win_rate (won / won and lost deals), win_rate_by_value, lost_value, lost_deals, unconverted_deals (of the
-- open ones, those whose amount has no value in the home currency), unvalued_won_deals and
-- unvalued_lost_deals (those of no known value, for want of an amount or of a rate: of the period alone).
-- before and change are null where the first record is younger than the stretch; since: the day of that
-- record. A value is null where there are deals and that of none is known (measures.known_value), and a
-- change of it.
-- assumed_pct, before_assumed_pct: of what was open at the end of the two, where it is so much that it
-- has to be told (measures.much_assumed); null of all that is not of the pipeline.

with stretches (stretch, first_day, last_day) as (
    values
        ('period', %(first_day)s::date, %(last_day)s::date),
        ('whole', %(first_day)s::date, %(whole_until)s::date),
        ('before', %(before_first)s::date, %(before_last)s::date)
),
history as (
    select entity, since from measures.first_records()
    union all
    select 'pipeline', greatest(since, (select min(k.day) from analytics.kpis k))
    from measures.first_records()
    where entity = 'deal'
),
-- Each asked by its own days: of days that come from a row no plan knows how many they are.
brought as (
    select 'period' as stretch, p.*
    from measures.period(%(first_day)s::date, %(last_day)s::date, %(sources)s, %(owners)s) p
    union all
    select 'whole', p.*
    from measures.period(%(first_day)s::date, %(whole_until)s::date, %(sources)s, %(owners)s) p
    union all
    select 'before', p.*
    from measures.period(%(before_first)s::date, %(before_last)s::date, %(sources)s, %(owners)s) p
),
flows as (
    select
        s.stretch,
        coalesce(sum(p.new_leads), 0) as new_leads,
        coalesce(sum(p.junk_leads), 0) as junk_leads,
        coalesce(sum(p.qualified_leads + p.converted_leads), 0) as qualified_leads,
        coalesce(sum(p.won_deals), 0) as won_deals,
        coalesce(sum(p.won_value), 0) as won_value,
        coalesce(sum(p.lost_deals), 0) as lost_deals,
        coalesce(sum(p.lost_value), 0) as lost_value
    from stretches s
    left join brought p using (stretch)
    group by s.stretch
),
valued as (
    select
        s.stretch,
        measures.known_value(f.won_value, f.won_deals, (
            select v.won_value
            from measures.closed_values(s.first_day, s.last_day, %(sources)s, %(owners)s) v
        )) as won_value,
        measures.known_value(f.lost_value, f.lost_deals, (
            select v.lost_value
            from measures.closed_values(s.first_day, s.last_day, %(sources)s, %(owners)s) v
        )) as lost_value
    from stretches s
    join flows f using (stretch)
),
unvalued as (
    select 'period' as stretch, u.won_deals, u.lost_deals
    from measures.unvalued_deals(
        %(first_day)s::date, %(last_day)s::date, %(sources)s, %(owners)s
    ) u
),
stocks as (
    select
        s.stretch,
        coalesce(k.open_deals, 0) as open_deals,
        measures.known_value(coalesce(k.open_pipeline_value, 0), coalesce(k.open_deals, 0), (
            select v.open_value from measures.open_values(s.last_day, null, %(sources)s, %(owners)s) v
        )) as open_value,
        coalesce(k.unconverted_deals, 0) as unconverted_deals
    from stretches s
    left join lateral measures.kpis(s.last_day, s.last_day, %(sources)s, %(owners)s) k on true
    where s.stretch <> 'whole'
),
assumed as materialized ( -- else worked out for each figure
    select 'pipeline' as entity, s.stretch, measures.much_assumed(a.pct) as pct
    from measures.assumed_pcts(
        array[%(last_day)s::date, %(before_last)s::date], %(sources)s, %(owners)s
    ) a
    join stretches s on s.last_day = a.day and s.stretch <> 'whole'
),
figures as (
    select s.stretch, s.first_day, s.last_day, v.figure, v.entity, v.value
    from stretches s
    join flows f using (stretch)
    join valued m using (stretch)
    left join unvalued u using (stretch)
    left join stocks k using (stretch)
    cross join lateral (values
        ('new_leads', 'lead', f.new_leads),
        ('junk_pct', 'lead', measures.pct(f.junk_leads, f.new_leads)),
        ('junk_leads', 'lead', f.junk_leads),
        ('qualified_leads', 'lead', f.qualified_leads),
        ('open_value', 'pipeline', k.open_value),
        ('open_deals', 'pipeline', k.open_deals),
        ('unconverted_deals', 'pipeline', k.unconverted_deals),
        ('won_value', 'deal', m.won_value),
        ('won_deals', 'deal', f.won_deals),
        ('unvalued_won_deals', 'deal', u.won_deals),
        ('win_rate', 'deal', measures.pct(f.won_deals, f.won_deals + f.lost_deals)),
        (
            'win_rate_by_value', 'deal',
            measures.share_of_value(m.won_value, m.won_value + m.lost_value)
        ),
        ('lost_value', 'deal', m.lost_value),
        ('lost_deals', 'deal', f.lost_deals),
        ('unvalued_lost_deals', 'deal', u.lost_deals)
    ) v (figure, entity, value)
)
select
    n.figure,
    n.value,
    case when c.is_known then b.value end as before,
    case when c.is_known then
        case n.entity when 'pipeline' then n.value else w.value end - b.value
    end as change,
    h.since,
    a.pct as assumed_pct,
    p.pct as before_assumed_pct
from figures n
join figures w on w.figure = n.figure and w.stretch = 'whole'
join figures b on b.figure = n.figure and b.stretch = 'before'
join history h on h.entity = n.entity
cross join lateral (
    select case n.entity
        when 'pipeline' then h.since <= b.last_day
        else h.since <= b.first_day and b.first_day <= b.last_day
    end as is_known
) c
left join assumed a on a.entity = n.entity and a.stretch = 'period'
left join assumed p on p.entity = n.entity and p.stretch = 'before'
where n.stretch = 'period'
