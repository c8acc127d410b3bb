-- asset: analytics/lead_history, analytics/deal_history
-- severity: error
-- blocking: yes
-- description: A record has not exactly one present content, or its contents leave a gap or
-- overlap. `delete from analytics.mart_builds` in the database makes the next `aha sync` rebuild the
-- histories; if it stays, look at the versions of these ids in crm.record_versions.

with present as (
    select id, count(*) filter (where is_present) as contents
    from {relation}
    group by id
),
spans as (
    select
        id,
        from_day,
        until_day,
        lead(from_day) over record as next_day,
        lead(id) over record is null as is_last
    from {relation}
    window record as (partition by id order by from_day, until_day)
)
select
    'present contents of ' || coalesce(r.id, p.id) as rule,
    (r.id is not null)::integer as expected,
    coalesce(p.contents, 0) as found
from {records} r
full join present p on p.id = r.id
where coalesce(p.contents, 0) <> (r.id is not null)::integer
union all
select 'days between contents of ' || id || ' after ' || from_day, 0, next_day - until_day
from spans
where not is_last and next_day is distinct from until_day
