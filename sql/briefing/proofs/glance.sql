-- Each block: whether the printed figures of a statement are true of %(day)s. Written apart from
-- the file of facts of the same name, from other marts or in another way; null is not true.

-- name: glance
select
    (select coalesce(sum(new_leads), 0) from analytics.kpis where day = %(day)s) = %(n)s
    and (select count(*) from analytics.deals where meaning = 'won' and closed_day = %(day)s)
        = %(won)s
    and (select count(*) from analytics.deals where meaning = 'lost' and closed_day = %(day)s)
        = %(lost)s
    and (
        select coalesce(sum(coalesce(amount, 0)), 0)
        from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    ) = %(money)s
    and (select count(*) from analytics.unknown_modules(%(day)s)) = 0

-- name: glance_leads
select
    (select coalesce(sum(new_leads), 0) from analytics.kpis where day = %(day)s) = %(n)s
    and (select array_agg(module) from analytics.unknown_modules(%(day)s)) = array['Deals']
    and %(money)s is null and %(won)s is null and %(lost)s is null

-- name: glance_deals
select
    (select count(*) from analytics.deals where meaning = 'won' and closed_day = %(day)s) = %(won)s
    and (select count(*) from analytics.deals where meaning = 'lost' and closed_day = %(day)s)
        = %(lost)s
    and (
        select coalesce(sum(coalesce(amount, 0)), 0)
        from analytics.deal_history
        where meaning = 'open' and daterange(from_day, until_day) @> %(day)s::date
    ) = %(money)s
    and (select array_agg(module) from analytics.unknown_modules(%(day)s)) = array['Leads']
    and %(n)s is null

-- name: glance_unknown
select
    (select count(*) from analytics.unknown_modules(%(day)s)) = 2
    and %(n)s is null and %(money)s is null
