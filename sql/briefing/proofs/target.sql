-- Whether the month stands against its target as printed; see glance.sql.

-- name: target_to_go
select (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s
and exists (
    select
    from analytics.targets
    where told_until is null and scope = 'company' and period = 'month'
        and to_char(first_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
        and last_day > %(day)s
        and amount = %(target)s
)
and %(short)s = %(target)s - %(money)s and %(short)s > 0
and (
    %(n)s::integer is null and %(a_day)s::numeric is null
    or abs(%(a_day)s::numeric * %(n)s::integer - %(short)s::numeric) < 0.001 and %(n)s = (
        select count(*)
        from crm.organisation o
        cross join generate_series(
            %(day)s::date + interval '1 day',
            date_trunc('month', %(day)s::date) + interval '1 month' - interval '1 day',
            interval '1 day'
        ) d (day)
        left join crm.holidays h on h.day = d.day::date
        where h.day is null
            and (
                extract(isodow from d.day) = any(o.business_days)
                or o.business_days is null
                    and (to_char(d.day, 'ID') < '6' or o.business_hours ->> 'type' = '24*7')
            )
    )
)

-- name: target_reached
select (
    select sum(amount) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s
and exists (
    select
    from analytics.targets
    where told_until is null and scope = 'company' and period = 'month'
        and to_char(first_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
        and amount = %(target)s
)
and %(money)s >= %(target)s

-- name: target_missed
select (
    select coalesce(sum(amount), 0) from analytics.deals
    where meaning = 'won' and closed_day <= %(day)s
        and to_char(closed_day, 'YYYYMM') = to_char(%(day)s::date, 'YYYYMM')
) = %(money)s
and exists (
    select
    from analytics.targets
    where told_until is null and scope = 'company' and period = 'month'
        and last_day = %(day)s and amount = %(target)s
)
and %(short)s = %(target)s - %(money)s and %(short)s > 0
