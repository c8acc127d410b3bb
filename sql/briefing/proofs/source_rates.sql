-- Whether a source has the highest share of 90 days; see glance.sql.

-- name: junk_highest
with shares as (
    select source, count(*) as leads,
        round(100 * avg((meaning = 'junk')::int), 1) as share
    from analytics.lead_history
    where daterange(from_day, until_day) @> %(day)s::date
        and day > %(day)s::date - 90 and day <= %(day)s
    group by source
    having count(*) >= 30 and source <> '(none)'
)
select (select share from shares where source = %(source)s) = %(pct)s
    and not exists (select from shares where source <> %(source)s and share >= %(pct)s)
    and (select count(*) from shares) = %(sources)s and %(sources)s >= 2
    and %(pct)s > %(all)s
    and (
        select round(100 * avg((meaning = 'junk')::int), 1) from analytics.lead_history
        where daterange(from_day, until_day) @> %(day)s::date
            and day > %(day)s::date - 90 and day <= %(day)s
    ) = %(all)s

-- name: conv_highest
with shares as (
    select source, count(*) as leads,
        round(100 * avg((meaning = 'converted')::int), 1) as share
    from analytics.lead_history
    where daterange(from_day, until_day) @> %(day)s::date
        and day > %(day)s::date - 90 and day <= %(day)s
    group by source
    having count(*) >= 30 and source <> '(none)'
)
select (select share from shares where source = %(source)s) = %(pct)s
    and not exists (select from shares where source <> %(source)s and share >= %(pct)s)
    and (select count(*) from shares) = %(sources)s and %(sources)s >= 2
    and %(pct)s > %(all)s
    and (
        select round(100 * avg((meaning = 'converted')::int), 1) from analytics.lead_history
        where daterange(from_day, until_day) @> %(day)s::date
            and day > %(day)s::date - 90 and day <= %(day)s
    ) = %(all)s
