-- grain: one row per month of lead creation, step that its leads reached, and days that they took
-- kind: incremental
-- strategy: merge
-- key: month, step, days
-- owner: marketing
-- The steps are those of analytics.lead_cohorts, whose medians are counted from here. Leads of which
-- the day is not known are left out.
-- figures:
--   days (days): from creation to qualification or conversion, for won from conversion to closing
--   leads (count): live leads of the month that reached the step after so many days

with earlier as (
    select id, min(from_day) filter (where not is_first) as seen_day
    from analytics.lead_history
    where meaning in ('qualified', 'converted') and not is_present and not is_deleted
    group by id
),
present as (
    select
        *,
        meaning in ('qualified', 'converted') as is_qualified,
        case when not is_first and meaning in ('qualified', 'converted') then from_day end
            as seen_day
    from analytics.lead_history
    where is_present and not is_deleted
),
reached as (
    select date_trunc('month', l.day::timestamp)::date as month, r.step, r.days
    from present l
    left join earlier e on e.id = l.id
    left join analytics.deals d on d.id = l.deal_id
    cross join lateral (values
        (
            'qualified',
            l.is_qualified or e.id is not null,
            least(e.seen_day, l.seen_day, l.converted_day) - l.day
        ),
        ('converted', l.meaning = 'converted', l.converted_day - l.day),
        (
            'won',
            d.meaning = 'won', -- only a conversion names a deal
            d.closed_day - l.converted_day
        )
    ) r (step, holds, days)
    where r.holds and r.days is not null
)
select month, step, days, count(*) as leads
from reached
group by month, step, days
