-- grain: one row per day of the period, the latest 120; of a shorter one also the days before, 30 in all
-- new_leads and the mean of the seven days before each, of the chosen sources and owners.
-- is_today: a part-day, up to which the CRM has been read. is_before: before the period.

with known as (
    select since as first_day from measures.first_records() where entity = 'lead'
),
stretch as (
    select
        greatest(
            least(%(first_day)s::date, %(last_day)s::date - 29),
            %(last_day)s::date - 119,
            k.first_day
        ) as first_day,
        %(last_day)s::date as last_day
    from known k
)
select
    k.day,
    k.day = %(today)s::date as is_today,
    k.day < %(first_day)s::date as is_before,
    k.new_leads,
    k.new_leads_avg_7d
from stretch s
cross join lateral measures.kpis(s.first_day, s.last_day, %(sources)s, %(owners)s) k
order by k.day
