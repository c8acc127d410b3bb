-- Whether the week compares with the one before as printed; see glance.sql.

-- name: week_won_more, week_won_less, week_won_level
select (
    select coalesce(sum(won_value), 0) from analytics.kpis
    where day > %(day)s::date - 7 and day <= %(day)s
) = %(money)s and (
    select coalesce(sum(won_value), 0) from analytics.kpis
    where day > %(day)s::date - 14 and day <= %(day)s::date - 7
) = %(before)s and case %(stance)s
    when 'week_won_more' then %(money)s - %(before)s > greatest(0.1 * %(before)s, 1)
    when 'week_won_less' then %(before)s - %(money)s > greatest(0.1 * %(before)s, 1)
    else abs(%(money)s - %(before)s) <= greatest(0.1 * %(before)s, 1)
end and extract(isodow from %(day)s::date) = 7

-- name: week_leads_more, week_leads_fewer, week_leads_same, week_leads_mixed
with brought as (
    select count(*) as weeks, array_agg(w.leads order by w.leads) as leads
    from generate_series(7, 28, 7) ago
    cross join lateral (
        select sum(new_leads) as leads
        from analytics.kpis
        where day <= %(day)s::date - ago and day > %(day)s::date - ago - 7 and new_leads >= 0
        having count(*) = 7
    ) w
),
usual as (
    select weeks, (leads[(weeks + 1) / 2] + leads[weeks / 2 + 1]) / 2 as leads
    from brought
),
moved (way) as (
    select case
        when 10 * abs(%(n)s - r.leads) <= r.leads or 4 * (%(n)s - r.leads) ^ 2 <= 9 * (%(n)s + r.leads)
            then 'same'
        when %(n)s > r.leads then 'more'
        else 'fewer'
    end
    from (values (%(before)s::numeric), (%(usual)s::numeric)) r (leads)
    where r.leads is not null
)
select (
    select coalesce(sum(new_leads), 0) from analytics.kpis
    where day > %(day)s::date - 7 and day <= %(day)s
) = %(n)s and (
    select coalesce(sum(new_leads), 0) from analytics.kpis
    where day > %(day)s::date - 14 and day <= %(day)s::date - 7
) = %(before)s
and (select array[round(leads, 1), weeks] from usual where weeks >= 2)
    is not distinct from nullif(array[%(usual)s, %(weeks)s]::numeric[], array[null, null]::numeric[])
and %(stance)s = 'week_leads_' || (select case when min(way) = max(way) then min(way) else 'mixed' end from moved)
and %(n)s + %(before)s > 9 and extract(isodow from %(day)s::date) = 7
and coalesce((
    select bool_and(not (is_unusual and (day <= %(day)s::date - 7 or value > normal * 3))) from analytics.changes
    where figure = 'new_leads' and days = 1 and day > %(day)s::date - 14 and day <= %(day)s
        and normal is not null
), true)
