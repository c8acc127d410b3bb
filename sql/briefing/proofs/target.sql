-- Whether the month stands against its target as printed; see glance.sql.

-- name: target_to_go, target_reached, target_missed
with month as (
    select
        date_trunc('month', %(day)s::date)::date as begins,
        (date_trunc('month', %(day)s::date) + interval '1 month')::date - 1 as ends
),
standing as (
    select
        m.ends,
        (
            select coalesce(sum(d.amount), 0)
            from analytics.deals d
            where d.meaning = 'won' and d.closed_day between m.begins and %(day)s
        ) as won,
        (
            select t.amount
            from analytics.targets t
            where t.told_until is null and t.scope = 'company'
                and (t.first_day, t.last_day) = (m.begins, m.ends)
        ) as target,
        (
            select count(*)
            from generate_series(%(day)s::date + 1, m.ends, interval '1 day') d (day)
            left join crm.business_hours b on b.weekday = extract(isodow from d.day)
            left join crm.holidays h on h.day = d.day::date
            where h.day is null
                and (
                    b.weekday is not null
                    or to_char(d.day, 'ID') < '6' and not exists (select from crm.business_hours)
                )
        ) as days_left
    from month m
)
select s.won = %(money)s and s.target = %(target)s and case %(stance)s
    when 'target_reached' then s.won >= s.target
    when 'target_missed' then s.ends = %(day)s and %(short)s = s.target - s.won and %(short)s > 0
    else s.ends > %(day)s and %(short)s = s.target - s.won and %(short)s > 0
        and s.days_left = coalesce(%(n)s::integer, 0)
        and (
            %(a_day)s::numeric is null and coalesce(%(n)s::integer, 1) = 1
            or abs(%(a_day)s::numeric * %(n)s::integer - %(short)s::numeric) < 0.001
        )
end
from standing s
