-- grain: one row per group of the leads created in the period: all, and by each of the dimensions given
-- dimensions: of source, owner, weekday and hour.
-- Columns as in measures.first_touch; name: the value in words, position: its place among those of its
-- dimension. hours_by: who told the business hours, as in analytics.business_calendar. No row: calls
-- are not read, or no lead came in.

select
    f.dimension,
    case f.dimension
        when 'owner' then coalesce(w.owner_name, f.value)
        when 'weekday' then (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday',
            'Sunday'])[f.value::integer]
        when 'hour' then lpad(f.value, 2, '0') || ':00'
        else f.value
    end as name,
    f.leads,
    f.touched,
    f.waiting,
    f.median_minutes,
    f.within_hour_pct,
    (select max(hours_by) from analytics.business_calendar) as hours_by
from measures.first_touch(
    coalesce(%(first_day)s::date, '-infinity'),
    coalesce(%(last_day)s::date, 'infinity'),
    %(sources)s::text[],
    %(owners)s::text[],
    %(dimensions)s::text[]
) f
left join analytics.owners w on f.dimension = 'owner' and w.owner_id = f.value
order by
    f.dimension,
    case when f.dimension in ('weekday', 'hour') then f.value::integer end,
    f.leads desc,
    f.value
