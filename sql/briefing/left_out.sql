-- How many of the deals that a statement (fact, as kind/stance) sums or ranks by money are not in it, by
-- the name of the figure. unvalued: won or lost, and of no known value, for want of an amount or of an
-- exchange rate. unconverted: open, with an amount that has no valid rate; those without an amount are
-- told on Sundays (gaps.sql). A forecast gives each open deal of unknown value one that others had. Of
-- the pipeline against that of a week before only where these are others than a week before: at a
-- glance they are told on each day.

with periods as (
    select
        %(day)s::date as day,
        date_trunc('month', %(day)s::date)::date as month,
        (date_trunc('month', %(day)s::date) - interval '1 month')::date as month_before,
        (%(day)s::date - interval '1 month')::date as same_day_before,
        (date_trunc('month', %(day)s::date) + interval '1 month')::date - 1 as month_end,
        %(first_day)s::date as first_day,
        (
            %(first_day)s::date
            - case when %(fact)s ~ '/quarter' then interval '3 months' else interval '1 month' end
        )::date as first_before
),
closed as (
    select s.name, s.meaning, s.first_day, s.last_day
    from periods p
    cross join lateral (values
        ('won/won_many', 'money', 'won', p.day, p.day),
        ('won/won_largest_month', 'money', 'won', p.month, p.day),
        ('lost/lost_many', 'money', 'lost', p.day, p.day),
        ('target/', 'money', 'won', p.month, p.day),
        ('month/', 'money', 'won', p.month, p.day),
        ('month/', 'before', 'won', p.month_before, p.same_day_before),
        ('month_rep/', 'money', 'won', p.month, p.day),
        ('forecast/', 'money', 'won', p.month, p.day),
        ('period_ended/', 'money', 'won', p.first_day, %(date)s::date),
        ('period_ended/', 'before', 'won', p.first_before, p.first_day - 1),
        ('week/week_won', 'money', 'won', p.day - 6, p.day),
        ('week/week_won', 'before', 'won', p.day - 13, p.day - 7),
        ('pipeline_parts/', 'won', 'won', p.day - 6, p.day),
        ('pipeline_parts/', 'lost', 'lost', p.day - 6, p.day)
    ) s (fact, name, meaning, first_day, last_day)
    where starts_with(%(fact)s, s.fact)
),
-- Of those that said so at the end of a day: due, and created, on these days.
open_deals as (
    select s.name, s.day, s.due_from, s.due_until, s.created_from, s.is_open
    from periods p
    cross join lateral (values
        ('glance/', 'money', p.day, null::date, null::date, null::date, true),
        ('pipeline/', 'money', p.day, null, null, null, true),
        ('pipeline/', 'before', p.day - 7, null, null, null, true),
        ('restated/restated_pipeline', 'money', %(date)s::date, null, null, null, true),
        ('one_deal/', 'pipeline', p.day, null, null, null, true),
        ('due/', 'money', p.day, p.day + 1, p.day + 7, null, true),
        ('overdue', 'money', p.day, '-infinity', p.day, null, true),
        ('newly_overdue/', 'money', p.day, p.day, p.day, null, true),
        ('month/month_behind', 'due_money', p.day, p.day + 1, p.month_end, null, true),
        ('opened/opened_large', 'money', p.day, null, null, p.day - 90, false),
        ('opened/', 'money', p.day, null, null, p.day, true),
        ('pipeline_parts/', 'opened', p.day, null, null, p.day - 6, false)
    ) s (fact, name, day, due_from, due_until, created_from, is_open)
    where starts_with(%(fact)s, s.fact)
),
counted as (
    select
        s.name || '_unvalued' as figure,
        case s.meaning when 'won' then u.won_deals else u.lost_deals end as deals,
        null::text[] as ids
    from closed s
    cross join measures.unvalued_deals(s.first_day, s.last_day) u
    where s.name = any(%(names)s)
    union all
    select s.name || '_unconverted', d.deals, d.ids
    from open_deals s
    cross join lateral (
        select count(*) as deals, coalesce(array_agg(u.id order by u.id), '{}') as ids
        from measures.unconverted_deals(s.day) u
        where (u.meaning = 'open' or not s.is_open)
            and (s.due_from is null or u.closing_date between s.due_from and s.due_until)
            and (s.created_from is null or u.created_day between s.created_from and s.day)
    ) d
    where s.name = any(%(names)s)
),
compared as (
    select
        figure,
        deals,
        %(fact)s ~ '^pipeline/' and min(ids) over () = max(ids) over () as is_the_same
    from counted
)
select figure, max(deals) as deals
from compared
where not is_the_same
group by figure
having max(deals) > 0
