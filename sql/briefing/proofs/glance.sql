-- Each block: whether the printed figures of a statement are true of %(day)s. Written apart from
-- the file of facts of the same name, from other marts or in another way; null is not true.

-- name: glance, glance_deals
select
    case %(stance)s
        when 'glance' then
            (select coalesce(sum(new_leads), 0) from analytics.kpis where day = %(day)s) = %(n)s
            and (select count(*) from analytics.unknown_modules(%(day)s)) = 0
        else
            (select array_agg(module) from analytics.unknown_modules(%(day)s)) = array['Leads']
            and %(n)s is null
    end
    and (select count(*) from analytics.deals where meaning = 'won' and closed_day = %(day)s)
        = %(won)s
    and (select count(*) from analytics.deals where meaning = 'lost' and closed_day = %(day)s)
        = %(lost)s
    and (
        select case
            when max(amount) is null and count(*) > 0
            then count(*) = %(open)s and %(money)s is null
            else coalesce(sum(amount), 0) = %(money)s and %(open)s is null
        end
        from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    )
    and (
        select round(100 - 100 * coalesce(sum(amount) filter (where known_from <= %(day)s::date), 0) / sum(amount), 1)
        from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
        having sum(coalesce(amount, 0) * case when known_from <= %(day)s::date then 0 else 1 end)
            >= 0.05 * sum(amount)
            and sum(amount) > 0
    ) is not distinct from %(assumed)s::numeric

-- name: glance_leads
select
    (select coalesce(sum(new_leads), 0) from analytics.kpis where day = %(day)s) = %(n)s
    and (select array_agg(module) from analytics.unknown_modules(%(day)s)) = array['Deals']
    and %(money)s is null and %(won)s is null and %(lost)s is null and %(open)s is null

-- name: glance_unknown
select
    (select count(*) from analytics.unknown_modules(%(day)s)) = 2
    and %(n)s is null and %(money)s is null and %(open)s is null
