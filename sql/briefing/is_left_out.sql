-- Whether a statement says of how many deals its money does not tell (said, by the name of the figure),
-- no fewer, no more and of no other figure; written apart from left_out.sql.

with unknown as materialized (
    select
        *,
        meaning in ('won', 'lost') and is_present and not is_deleted as is_closed,
        original_amount is not null as is_foreign,
        daterange(from_day, until_day) as held
    from analytics.deal_history
    where amount is null
),
dates as (
    select
        %(day)s::date as day,
        daterange(date_trunc('month', %(day)s::date)::date, %(day)s::date, '[]') as month,
        daterange(%(day)s::date - 7, %(day)s::date, '(]') as week,
        make_interval(months => case when %(stance)s ~ 'quarter' then 3 else 1 end) as length
),
asked (figure, deals) as (
    select w.figure || '_unvalued', u.deals
    from dates d
    cross join lateral (values
        ('^won_many$', 'money', 'won', daterange(d.day, d.day, '[]')),
        ('^lost_many$', 'money', 'lost', daterange(d.day, d.day, '[]')),
        ('^(won_largest|rep_most|forecast)_month$', 'money', 'won', d.month),
        ('^target_', 'money', 'won', d.month),
        ('^month_(ahead|behind|level)$', 'money', 'won', d.month),
        ('^month_(ahead|behind|level)$', 'before', 'won', daterange(
            (lower(d.month) - interval '1 month')::date, (d.day - interval '1 month')::date, '[]')),
        ('^(month|quarter)_ended', 'money', 'won', daterange(
            (%(date)s::date + 1 - d.length)::date, %(date)s::date, '[]')),
        ('^(month|quarter)_ended', 'before', 'won', daterange(
            (%(date)s::date + 1 - 2 * d.length)::date, (%(date)s::date + 1 - d.length)::date)),
        ('^week_won', 'money', 'won', d.week),
        ('^week_won', 'before', 'won', daterange(lower(d.week) - 7, lower(d.week))),
        ('^parts', 'won', 'won', d.week),
        ('^parts', 'lost', 'lost', d.week)
    ) w (stance, figure, meaning, days)
    cross join lateral (
        select count(*) as deals from unknown u
        where u.is_closed and u.meaning = w.meaning and w.days @> u.closed_day
    ) u
    where %(stance)s ~ w.stance and w.figure = any(%(names)s)
    union all
    select w.figure || '_unconverted', u.deals
    from dates d
    cross join lateral (values
        ('^(glance|pipeline_)', 'money', d.day, 'open', null::daterange, null::daterange),
        ('^pipeline_', 'before', d.day - 7, 'open', null, null),
        ('^one_deal$', 'pipeline', d.day, 'open', null, null),
        ('^restated_pipeline$', 'money', %(date)s::date, 'open', null, null),
        ('^due', 'money', d.day, 'open', daterange(d.day + 1, d.day + 8), null),
        ('^(deal_overdue|overdue_)', 'money', d.day, 'open', daterange(null, d.day + 1), null),
        ('^newly_overdue', 'money', d.day, 'open', daterange(d.day, d.day + 1), null),
        ('^month_behind$', 'due_money', d.day, 'open', daterange(
            d.day + 1, (lower(d.month) + interval '1 month')::date), null),
        ('^opened(_next)?$', 'money', d.day, 'open', null, daterange(d.day, d.day + 1)),
        ('^opened_large$', 'money', d.day, '', null, daterange(d.day - 90, d.day + 1)),
        ('^parts', 'opened', d.day, '', null, d.week)
    ) w (stance, figure, day, meaning, due, created)
    cross join lateral (
        select count(*) as deals from unknown u
        where u.is_foreign and u.held @> w.day and w.meaning in ('', u.meaning)
            and (w.due is null or w.due @> u.closing_date)
            and (w.created is null or w.created @> u.day)
    ) u
    where %(stance)s ~ w.stance and w.figure = any(%(names)s)
),
moved as (
    select
        count(*) filter (where u.held @> d.day and not u.held @> (d.day - 7)) as came,
        count(*) filter (where u.held @> (d.day - 7) and not u.held @> d.day) as went
    from dates d
    left join lateral (
        select range_agg(u.held) as held from unknown u
        where u.is_foreign and u.meaning = 'open' group by u.id
    ) u on true
)
select coalesce(
    jsonb_object_agg(figure, deals) filter (
        where deals > 0 and (%(stance)s !~ '^pipeline_' or came + went > 0)
    ),
    '{}'
) = %(said)s::jsonb
from moved
left join asked on true
