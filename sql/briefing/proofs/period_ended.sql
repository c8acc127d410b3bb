-- Whether a month or quarter ended as printed, and nobody worked since; see glance.sql.

-- name: month_ended, month_ended_more, month_ended_less, month_ended_level, quarter_ended, quarter_ended_more, quarter_ended_less, quarter_ended_level
with lengths as (
    select case split_part(%(stance)s, '_', 1) when 'month' then 1 else 3 end as months
),
period as (
    select
        months,
        (%(date)s::date + 1 - make_interval(months => months))::date as begins,
        (%(date)s::date + 1 - make_interval(months => 2 * months))::date as begins_before
    from lengths
),
worked as (
    select max(d.day::date) as last_day, count(*) as days
    from generate_series(%(date)s::date + 1, %(day)s::date + 1, interval '1 day') d (day)
    where not exists (select from crm.holidays h where h.day = d.day::date)
        and case
            when exists (select from crm.business_hours)
            then exists (
                select from crm.business_hours b where b.weekday = extract(isodow from d.day))
            else to_char(d.day, 'ID') < '6'
        end
),
wins as (
    select
        count(*) filter (where d.closed_day >= p.begins) as deals,
        coalesce(sum(d.amount) filter (where d.closed_day >= p.begins), 0) as money,
        coalesce(sum(d.amount) filter (where d.closed_day < p.begins), 0) as before
    from period p
    left join analytics.deals d
        on d.meaning = 'won' and d.closed_day >= p.begins_before and d.closed_day <= %(date)s
)
select w.deals = %(n)s and w.money = %(money)s
    and extract(day from %(date)s::date + 1) = 1
    and mod(
        (extract(month from p.begins) - coalesce(o.fiscal_start_month, 1) + 12)::integer,
        p.months) = 0
    and k.days = 1 and k.last_day = %(day)s::date + 1
    and (%(target)s::numeric is null or exists (
        select from analytics.targets t
        where t.scope = 'company' and t.told_until is null and t.amount = %(target)s::numeric
            and t.first_day = p.begins and t.last_day = %(date)s
    ))
    and case split_part(%(stance)s, '_', 3)
        when '' then %(before)s::numeric is null
        when 'more' then w.money - w.before > 1 and 10 * w.money > 11 * w.before
        when 'less' then w.before - w.money > 1 and 10 * w.money < 9 * w.before
        else abs(w.money - w.before) <= 1
            or 10 * w.money between 9 * w.before and 11 * w.before
    end
    and case split_part(%(stance)s, '_', 3)
        when '' then true else coalesce(%(before)s::numeric = w.before, false) end
from wins w
cross join period p
cross join worked k
cross join crm.organisation o
