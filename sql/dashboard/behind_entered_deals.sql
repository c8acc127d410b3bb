-- grain: one row per live deal created in the days given that reached the step, the latest first
-- Steps as in analytics.entered_funnel: an open stage, or Won. At most %(most)s; all_records and
-- all_value: how many there are and their sum of Amount, all_unvalued: how many are not in it.

with step as (
    select coalesce(
        (select min(position) from crm.picklist_meaning where module = 'Deals' and value = %(step)s),
        (select min(position) from analytics.deal_history where stage = %(step)s)
    ) as position
),
first_step as (
    select min(position) as position
    from crm.picklist_meaning
    where module = 'Deals' and coalesce(meaning, 'open') = 'open'
),
reached as (
    select h.id
    from analytics.deal_history h
    join step s on h.position >= s.position
    where h.day between %(first_day)s::date and %(last_day)s::date
        and h.meaning = 'open'
        and not h.is_assumed
        and not h.is_deleted
)
select
    d.id,
    d.name,
    d.account_name,
    d.stage,
    d.amount,
    d.probability,
    d.closing_date,
    d.owner_name,
    d.source,
    d.day as created,
    count(*) over () as all_records,
    sum(d.amount) over () as all_value,
    count(*) filter (where measures.is_unvalued(d.amount)) over () as all_unvalued
from analytics.deals d
cross join step s
cross join first_step f
where d.day between %(first_day)s::date and %(last_day)s::date
    and (%(sources)s::text[] is null or d.source = any(%(sources)s))
    and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
    and (
        d.meaning = 'won'
        or %(step)s <> 'Won'
            and (s.position = f.position or d.id in (select r.id from reached r))
    )
order by d.day desc, d.id
limit %(most)s
