-- grain: one row per fact of the briefing of %(day)s
-- From the marts only, aggregates only. Figures of the day and the pipeline are as of the end of
-- the day (analytics.kpis); funnel, sources, reps, stages and closing dates as the marts are now.
-- A section more: a branch of `facts` below, its name in the check of analytics.facts and in
-- aha_pipeline/briefing/facts.py; the report prints what it has no form of its own for as a list.
-- A month so far is left out unless every day of it, and of its like in the month before, is known.
-- Highest is what no other shares, of two or more sources with at least 20 leads, and above the
-- share of all. Reps below 10 closed deals are not ranked by a percentage.
-- The first step is the first open one of the list, whether a lead stands on it or not; leads
-- without a status stand there.
-- Of what is unusual (analytics.changes) the three with the highest score are told, one a topic,
-- each with the source, owner, stage or kind of movement that did most of it.

with today as (
    select * from analytics.kpis where day = %(day)s
),
before as (
    select * from analytics.kpis where day = %(day)s::date - 1
),
week_before as (
    select * from analytics.kpis where day = %(day)s::date - 7
),
periods as (
    select
        date_trunc('month', %(day)s::date)::date as first_day,
        %(day)s::date as last_day,
        'this' as period
    union all
    select
        (date_trunc('month', %(day)s::date) - interval '1 month')::date,
        (%(day)s::date - interval '1 month')::date,
        'last'
),
month as (
    select p.period, sum(k.won_deals) as won_deals, sum(k.won_value) as won_value
    from periods p
    join analytics.kpis k on k.day between p.first_day and p.last_day
    group by p.period, p.first_day, p.last_day
    having count(*) = p.last_day - p.first_day + 1
),
week as (
    select sum(won_value) as won_value, sum(lost_value) as lost_value
    from analytics.kpis
    where day between %(day)s::date - 6 and %(day)s
    having count(*) = 7
),
day_sources as (
    select source, sum(leads) as leads, row_number() over (order by sum(leads) desc, source) as rank
    from analytics.lead_volume
    where day = %(day)s
    group by source
),
all_sources as (
    select
        20 as enough_leads,
        100 * sum(junk_leads) / nullif(sum(leads), 0) as junk_pct,
        100 * sum(converted_leads) / nullif(sum(leads), 0) as conversion_pct
    from analytics.source_quality
),
sources as (
    select
        source,
        leads,
        junk_pct,
        row_number() over (order by leads desc, source) as by_leads
    from analytics.source_quality
    where leads > 0
),
ranked_sources as (
    select
        s.source,
        s.junk_pct,
        s.conversion_pct,
        s.junk_pct > a.junk_pct
            and s.junk_pct > max(s.junk_pct) over (
                order by s.junk_pct desc, s.source rows between 1 following and 1 following
            ) as is_worst,
        s.conversion_pct > a.conversion_pct
            and s.conversion_pct > max(s.conversion_pct) over (
                order by s.conversion_pct desc, s.source rows between 1 following and 1 following
            ) as is_best,
        rank() over (order by s.junk_pct desc) as by_junk,
        rank() over (order by s.conversion_pct desc) as by_conversion
    from analytics.source_quality s
    join all_sources a on s.leads >= a.enough_leads
),
all_reps as (
    select 100 * sum(won_deals) / nullif(sum(won_deals + lost_deals), 0) as win_rate
    from analytics.rep_matrix
),
reps as (
    select
        *,
        row_number() over (order by won_value desc, owner_name, owner_id) as by_won,
        row_number() over (order by open_value desc, owner_name, owner_id) as by_open
    from analytics.rep_matrix
),
stages as (
    select *, row_number() over (order by value desc, position, stage) as by_value
    from analytics.pipeline_by_stage
    where meaning = 'open'
),
closing as (
    select
        count(*) filter (where not is_overdue) as deals,
        coalesce(sum(amount) filter (where not is_overdue), 0) as value,
        count(*) filter (where is_overdue) as overdue_deals,
        coalesce(sum(amount) filter (where is_overdue), 0) as overdue_value
    from analytics.closing_deals
),
overdue_owner as (
    select owner_name, sum(amount) as value
    from analytics.closing_deals
    where is_overdue and amount > 0
    group by owner_id, owner_name
    order by value desc, owner_name
    limit 1
),
funnel as (
    select
        sum(records) filter (where entity = 'lead' and meaning = 'open') as open_leads,
        sum(records) filter (where entity = 'lead' and meaning = 'qualified') as qualified_leads,
        sum(records) filter (where entity = 'lead' and meaning = 'converted') as converted_leads,
        sum(records) filter (where entity = 'lead' and meaning = 'junk') as junk_leads,
        sum(records) filter (where entity = 'lead' and meaning = 'lost') as lost_leads,
        sum(records) filter (where entity = 'deal' and meaning = 'open') as open_deals,
        sum(records) filter (where entity = 'deal' and meaning = 'won') as won_deals,
        sum(records) filter (where entity = 'deal' and meaning = 'lost') as lost_deals
    from analytics.funnel
),
first_open as (
    select value as step
    from crm.picklist_meaning
    where module = 'Leads' and coalesce(meaning, 'open') = 'open'
    order by position, value
    limit 1
),
first_step as (
    select o.step, coalesce(sum(f.records), 0) as records
    from first_open o
    left join analytics.funnel f
        on f.entity = 'lead' and f.meaning = 'open' and f.step in (o.step, '(none)')
    group by o.step
),
subjects (figure, subject) as (values
    ('new_leads', 'new leads'),
    ('won_deals', 'deals won'),
    ('won_value', 'value won'),
    ('lost_deals', 'deals lost'),
    ('lost_value', 'value lost'),
    ('open_deals', 'movement of the number of open deals'),
    ('open_pipeline_value', 'movement of the open pipeline'),
    ('weighted_pipeline_value', 'movement of the open pipeline times probability'),
    ('junk_pct', 'junk share of new leads')
),
topics as (
    select distinct on (topic) *
    from analytics.changes
    where day = %(day)s and is_unusual
    order by topic, abs(score) desc, figure, days
),
changes as (
    select
        c.*,
        row_number() over (order by abs(c.score) desc, c.figure) as rank,
        c.figure || case when c.days > 1 then '_week' else '' end as id,
        s.subject || case when c.days > 1 then ' in seven days' else '' end as subject,
        case when c.days > 1 then 'in a usual week' else 'on a usual ' || trim(to_char(c.day, 'Day'))
        end as comparison,
        case
            when c.is_good is null then 'none'
            when c.is_good then c.direction
            when c.direction = 'up' then 'down'
            else 'up'
        end as better
    from topics c
    join subjects s using (figure)
),
causes as (
    select distinct on (c.rank) c.*, p.dimension, p.part, p.name,
        p.value as part_value, p.normal as part_normal, p.change as part_change
    from changes c
    join analytics.change_causes p using (day, figure, days)
    where p.position = 1 and p.change * c.change > 0
    order by c.rank, abs(p.change) desc,
        array_position(array['source', 'owner', 'stage', 'kind'], p.dimension)
),
facts (position, id, section, label, name, value, unit, previous, comparison, better, mart) as (
    select f.*, 'kpis'
    from today t
    left join before b on true
    left join week_before w on true
    cross join lateral (values
        (10, 'new_leads', 'day', 'New leads', null,
            t.new_leads::numeric, 'count', b.new_leads::numeric, 'the day before', 'up'),
        (11, 'new_leads_average', 'day', 'New leads a day, mean of the seven days before', null,
            t.new_leads_avg_7d, 'count', null, null, 'none'),
        (12, 'won_deals', 'day', 'Deals won', null,
            t.won_deals, 'count', b.won_deals, 'the day before', 'up'),
        (13, 'won_value', 'day', 'Value won', null,
            t.won_value, 'money', b.won_value, 'the day before', 'up'),
        (14, 'lost_deals', 'day', 'Deals lost', null,
            t.lost_deals, 'count', b.lost_deals, 'the day before', 'down'),
        (30, 'junk_pct', 'sources', 'Junk share of all leads', null,
            t.junk_pct, 'percent', w.junk_pct, 'a week before', 'down'),
        (60, 'open_pipeline_value', 'pipeline', 'Open pipeline', null,
            t.open_pipeline_value, 'money', w.open_pipeline_value, 'a week before', 'up'),
        (61, 'open_deals', 'pipeline', 'Open deals', null,
            t.open_deals, 'count', w.open_deals, 'a week before', 'none'),
        (62, 'weighted_pipeline_value', 'pipeline', 'Open pipeline times probability', null,
            t.weighted_pipeline_value, 'money', w.weighted_pipeline_value, 'a week before', 'up')
    ) f
    union all
    select f.*, 'kpis'
    from month t
    left join month l on l.period = 'last'
    cross join lateral (values
        (15, 'month_won_deals', 'day', 'Deals won this month so far', null,
            t.won_deals, 'count', l.won_deals, 'in the same days of last month', 'up'),
        (16, 'month_won_value', 'day', 'Value won this month so far', null,
            t.won_value, 'money', l.won_value, 'in the same days of last month', 'up')
    ) f
    where t.period = 'this'
    union all
    select 20 + rank, 'day_source_' || rank || '_leads', 'sources', 'New leads of the day', source,
        leads, 'count', null, null, 'none', 'lead_volume'
    from day_sources
    where rank <= 3
    union all
    select f.*, 'source_quality'
    from sources s
    cross join all_sources a
    cross join lateral (values
        (30 + 2 * s.by_leads, 'source_' || s.by_leads || '_leads', 'sources', 'Leads so far',
            s.source, s.leads::numeric, 'count', null::numeric, null, 'none'),
        (31 + 2 * s.by_leads, 'source_' || s.by_leads || '_junk_pct', 'sources', 'Junk share',
            s.source, s.junk_pct, 'percent', a.junk_pct, 'over all sources', 'down')
    ) f
    where s.by_leads <= 3
    union all
    select 40, 'worst_junk_pct', 'sources', 'Highest junk share', s.source,
        s.junk_pct, 'percent', a.junk_pct, 'over all sources', 'down', 'source_quality'
    from ranked_sources s
    cross join all_sources a
    where s.by_junk = 1 and s.is_worst
    union all
    select 41, 'best_conversion_pct', 'sources', 'Highest share of leads converted', s.source,
        s.conversion_pct, 'percent', a.conversion_pct, 'over all sources', 'up', 'source_quality'
    from ranked_sources s
    cross join all_sources a
    where s.by_conversion = 1 and s.is_best
    union all
    select 50, 'win_rate', 'reps', 'Deals won of all closed', null,
        win_rate, 'percent', null, null, 'up', 'rep_matrix'
    from all_reps
    where win_rate is not null
    union all
    select 49 + 2 * r.by_won, 'rep_' || r.by_won || '_won_value', 'reps', 'Value won so far',
        r.owner_name, r.won_value, 'money', null, null, 'up', 'rep_matrix'
    from reps r
    where r.by_won <= 3 and r.won_value > 0
    union all
    select 50 + 2 * r.by_won, 'rep_' || r.by_won || '_win_rate', 'reps', 'Deals won of closed',
        r.owner_name, r.win_rate_by_count, 'percent', a.win_rate, 'over all reps', 'up',
        'rep_matrix'
    from reps r
    cross join all_reps a
    where r.by_won <= 3 and r.won_value > 0 and not r.too_few
    union all
    select 57 + r.by_open, 'open_rep_' || r.by_open || '_value', 'reps', 'Most open pipeline',
        r.owner_name, r.open_value, 'money', null, null, 'none', 'rep_matrix'
    from reps r
    where r.by_open <= 2 and r.open_value > 0
    union all
    select f.*, 'kpis'
    from week w
    cross join lateral (values
        (66, 'week_won_value', 'pipeline', 'Value won in seven days', null,
            w.won_value, 'money', null::numeric, null, 'up'),
        (67, 'week_lost_value', 'pipeline', 'Value lost in seven days', null,
            w.lost_value, 'money', null, null, 'down')
    ) f
    union all
    select 62 + s.by_value, 'stage_' || s.by_value || '_value', 'pipeline', 'Open value at stage',
        s.stage, s.value, 'money', null, null, 'none', 'pipeline_by_stage'
    from stages s
    where s.by_value <= 3 and s.value > 0
    union all
    select f.*, 'closing_deals'
    from closing c
    cross join lateral (values
        (70, 'closing_30_deals', 'pipeline', 'Deals closing within 30 days', null,
            c.deals::numeric, 'count', null::numeric, null, 'none'),
        (71, 'closing_30_value', 'pipeline', 'Value closing within 30 days', null,
            c.value, 'money', null, null, 'none'),
        (72, 'overdue_deals', 'pipeline', 'Open deals past their closing date', null,
            c.overdue_deals, 'count', null, null, 'down'),
        (73, 'overdue_value', 'pipeline', 'Value past its closing date', null,
            c.overdue_value, 'money', null, null, 'down')
    ) f
    union all
    select 74, 'overdue_owner_value', 'pipeline', 'Most value past its closing date', owner_name,
        value, 'money', null, null, 'down', 'closing_deals'
    from overdue_owner
    union all
    select f.*, 'funnel'
    from funnel n
    cross join lateral (values
        (80, 'funnel_open_leads', 'funnel', 'Leads still open', null,
            n.open_leads, 'count', null::numeric, null, 'none'),
        (81, 'funnel_qualified_leads', 'funnel', 'Leads qualified', null,
            n.qualified_leads, 'count', null, null, 'up'),
        (82, 'funnel_converted_leads', 'funnel', 'Leads converted', null,
            n.converted_leads, 'count', null, null, 'up'),
        (83, 'funnel_junk_leads', 'funnel', 'Leads that are junk', null,
            n.junk_leads, 'count', null, null, 'down'),
        (84, 'funnel_lost_leads', 'funnel', 'Leads lost', null,
            n.lost_leads, 'count', null, null, 'down'),
        (85, 'funnel_open_deals', 'funnel', 'Deals still open', null,
            n.open_deals, 'count', null, null, 'none'),
        (86, 'funnel_won_deals', 'funnel', 'Deals won so far', null,
            n.won_deals, 'count', null, null, 'up'),
        (87, 'funnel_lost_deals', 'funnel', 'Deals lost so far', null,
            n.lost_deals, 'count', null, null, 'down')
    ) f
    union all
    select 88, 'first_step_leads', 'funnel', 'Leads still at the first step', step,
        records, 'count', null, null, 'down', 'funnel'
    from first_step
    union all
    select 87 + 2 * rank, 'change_' || id, 'changes', 'Unusual ' || subject, null,
        value, unit, normal, comparison, better, 'changes'
    from changes
    where rank <= 3
    union all
    select 88 + 2 * rank, 'cause_' || id, 'changes',
        upper(left(subject, 1)) || substr(subject, 2) || ', largest cause by ' || dimension,
        name, part_value, unit, part_normal, comparison, better, 'change_causes'
    from causes
    where rank <= 3 and part is not null
    union all
    select 88 + 2 * rank, 'cause_' || id, 'changes',
        'Change of the ' || subject || ', in points, by the mix of ' || dimension || 's', null,
        part_change, unit, null, null, better, 'change_causes'
    from causes
    where rank <= 3 and part is null
)
select
    position::int,
    id,
    section,
    label,
    name,
    value::numeric,
    unit,
    previous::numeric,
    case when previous is not null then comparison end as comparison,
    better,
    case
        when id in ('worst_junk_pct', 'best_conversion_pct', 'overdue_owner_value') then 'highest'
        -- Of several by rank the first, unless the second has as much.
        when id ~ '^(day_source|source|rep|open_rep|stage)_1_(leads|won_value|value)$'
            and value is distinct from lead(value) over (
                partition by regexp_replace(id, '[0-9]+', '') order by position
            ) then 'highest'
    end as extreme,
    mart
from facts
where value is not null
order by position
