-- grain: one row per day, figure and number of days that the figure is taken over, up to yesterday
-- kind: daily
-- key: day, figure, days
-- owner: sales operations
-- What moved against its own normal. Figures over 1 day: new_leads, won_deals, won_value,
-- lost_deals, lost_value as in analytics.daily_flows. Over 1 and over 7 days: open_deals,
-- open_pipeline_value and weighted_pipeline_value, of which value is the movement, not the stock.
-- Over 7 days: junk_pct, the share of junk among the leads of analytics.week_leads.
-- Compared is with the same weekday of the eight weeks before, so a Sunday with Sundays; a period
-- of seven days with those that ended on that weekday. Only periods count of which no day is
-- before the first one with a lead, or a deal; for junk_pct those in which leads came and were read
-- by this pipeline. Of fewer than 4 there is no normal and no verdict; nor is there for one day on which
-- the company is known not to work (crm.holidays), which no usual day is like.
-- normal: the interquartile mean of them (of an odd number the oldest is left out, and of the rest
-- the highest and the lowest quarter, rounded down). Nearly the median, and like it untouched by a
-- holiday or two; but unlike it a sum over parts, and exact in decimals. Of equal ones the nearer
-- counts as the lower. compared_with: the last days of the periods in that mean.
-- For junk_pct: junk over leads of all the periods together.
-- spread: 1.4826 times the median absolute deviation from normal, the standard deviation where all
-- is normally distributed. At least what chance does to things that come one by one (compound
-- Poisson): the root mean square of the size of a lead, deal or movement times the root of their
-- usual number, at least of 1; for junk_pct the binomial standard error. Sizes are those of the
-- periods compared with, and where nothing happened in them those of the day.
-- score: change / spread. is_unusual: 3 or more, either way, as on a control chart.
-- is_good: whether the direction is good news; null where neither is.
-- figures:
--   days (days): days that the figure is taken over, 1 or 7, the last of them the day
--   value (number): the figure of the day or days; money, count or percent as unit says
--   normal (number): what it would be on a usual day of that weekday
--   change (number): value less normal; of junk_pct in percentage points
--   spread (number): how far it lies from normal on a usual day, in the unit of the figure
--   score (number): change divided by spread
--   comparable_days (count): periods to compare with, at most 8

with days as (
    select generate_series(
        %(first_day)s::timestamp,
        least(%(last_day)s::date, (now() at time zone o.timezone)::date - 1)::timestamp,
        interval '1 day'
    )::date as day
    from crm.organisation o
),
figures (figure, topic, entity, unit, better) as (values
    ('new_leads', 'leads', 'lead', 'count', 'up'),
    ('won_deals', 'won', 'deal', 'count', 'up'),
    ('won_value', 'won', 'deal', 'money', 'up'),
    ('lost_deals', 'lost', 'deal', 'count', 'down'),
    ('lost_value', 'lost', 'deal', 'money', 'down'),
    ('open_deals', 'pipeline', 'deal', 'count', 'none'),
    ('open_pipeline_value', 'pipeline', 'deal', 'money', 'up'),
    ('weighted_pipeline_value', 'pipeline', 'deal', 'money', 'up'),
    ('junk_pct', 'junk', 'lead', 'percent', 'down')
),
known as (
    select entity, min(day) as since
    from analytics.daily_changes
    group by entity
),
totals as (
    select day, figure, sum(value) as value, sum(events) as events, sum(squares) as squares
    from analytics.daily_parts
    where dimension = 'source'
    group by day, figure
),
calendar as (
    select
        f.figure,
        f.topic,
        k.since,
        c.day::date as day,
        coalesce(t.value, 0) as value,
        coalesce(t.events, 0) as events,
        coalesce(t.squares, 0) as squares
    from (select min(day) as first_day, max(day) as last_day from days) d
    cross join lateral generate_series(
        (d.first_day - 62)::timestamp, d.last_day::timestamp, interval '1 day'
    ) c (day)
    cross join figures f
    join known k using (entity)
    left join totals t on t.day = c.day::date and t.figure = f.figure
    where f.unit <> 'percent'
),
periods as (
    select day, figure, 1 as days, since, value, events, squares
    from calendar
    union all
    select
        day,
        figure,
        7,
        since + 6,
        sum(value) over week,
        sum(events) over week,
        sum(squares) over week
    from calendar
    where topic = 'pipeline'
    window week as (partition by figure order by day rows 6 preceding)
),
compared as (
    select
        d.day,
        b.figure,
        b.days,
        b.day as before,
        b.value,
        b.events,
        b.squares,
        count(*) over period as comparable_days,
        row_number() over (partition by d.day, b.figure, b.days order by b.day desc) as weeks
    from periods b
    cross join generate_series(1, 8) w (week)
    join days d on d.day = b.day + 7 * w.week
    where b.day >= b.since
        and (b.days > 1 or d.day not in (select day from crm.holidays))
    window period as (partition by d.day, b.figure, b.days)
),
ranked as (
    select
        *,
        count(*) over period as halves,
        row_number() over (partition by day, figure, days order by value, before desc) as place
    from compared
    where measures.are_comparable(comparable_days)
        and weeks <= comparable_days - mod(comparable_days, 2)
    window period as (partition by day, figure, days)
),
normals as (
    select
        day,
        figure,
        days,
        sum(value) * measures.share_of_middle(count(*)) as normal,
        array_agg(before order by before desc) as compared_with
    from ranked
    where measures.is_in_middle(place, halves)
    group by day, figure, days
),
spreads as (
    select
        r.day,
        r.figure,
        r.days,
        percentile_cont(0.5) within group (order by abs(r.value - n.normal)) as deviation,
        avg(r.events) as events,
        sum(r.events) as all_events,
        sum(r.squares) as all_squares
    from ranked r
    join normals n using (day, figure, days)
    group by r.day, r.figure, r.days
),
moved as (
    select
        p.day,
        p.figure,
        p.days,
        p.value,
        n.normal,
        measures.standard_deviation(s.deviation::numeric) as deviation,
        measures.chance_of_events(s.events, s.all_squares, s.all_events, p.squares, p.events)
            as chance,
        coalesce(c.comparable_days, 0) as comparable_days,
        n.compared_with
    from periods p
    join days using (day)
    left join (select distinct day, figure, days, comparable_days from compared) c
        using (day, figure, days)
    left join normals n using (day, figure, days)
    left join spreads s using (day, figure, days)
    where p.day >= p.since
),
weeks as (
    select day, sum(leads) as leads, sum(junk_leads) as junk_leads
    from analytics.week_leads
    group by day
),
shares as (
    select
        w.day,
        w.leads,
        measures.pct(w.junk_leads, w.leads) as value,
        case when measures.are_comparable(count(b.day))
            then measures.pct(sum(b.junk_leads), sum(b.leads)) end as normal,
        measures.chance_of_share(sum(b.junk_leads), sum(b.leads), w.leads) as chance,
        count(b.day) as comparable_days,
        case when measures.are_comparable(count(b.day))
            then array_agg(b.day order by b.day desc) end as compared_with
    from weeks w
    join days using (day)
    left join weeks b on b.day in (
        w.day - 7, w.day - 14, w.day - 21, w.day - 28,
        w.day - 35, w.day - 42, w.day - 49, w.day - 56
    )
    group by w.day, w.leads, w.junk_leads
),
share_spreads as (
    select
        s.day,
        percentile_cont(0.5) within group (
            order by abs(measures.pct(b.junk_leads, b.leads) - s.normal)
        ) as deviation
    from shares s
    join weeks b on b.day = any(s.compared_with)
    group by s.day
),
scored as (
    select
        day, figure, days, value, normal, comparable_days, compared_with,
        greatest(deviation, chance, 0) as spread
    from moved
    union all
    select
        s.day, 'junk_pct', 7, s.value, s.normal, s.comparable_days, s.compared_with,
        greatest(measures.standard_deviation(d.deviation::numeric), s.chance)
    from shares s
    left join share_spreads d using (day)
),
judged as (
    select
        *,
        value - normal as change,
        case when normal is not null then spread end as known_spread,
        measures.score(value - normal, spread) as known_score,
        case sign(value - normal) when 1 then 'up' when -1 then 'down' when 0 then 'flat' end
            as direction
    from scored
)
select
    j.day,
    j.figure,
    j.days,
    f.topic,
    f.unit,
    j.value,
    j.normal,
    j.change,
    j.known_spread as spread,
    case when j.normal is not null then j.known_score end as score,
    case when j.normal is not null then measures.is_unusual(j.known_score) end as is_unusual,
    j.direction,
    case when f.better <> 'none' and j.direction <> 'flat' then j.direction = f.better end
        as is_good,
    j.comparable_days,
    j.compared_with
from judged j
join figures f using (figure)
