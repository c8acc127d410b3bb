-- asset: analytics/first_touch
-- severity: error
-- blocking: yes
-- description: Of a lead of the last 90 days a wait is shorter than nothing or longer by business
-- hours than by the clock, a closed lead waits, or a weekday is not that of its day. Run `aha sync`
-- to build it again.

select 'wait of ' || w.id as rule, w.clock_minutes as expected, w.wait_minutes as found
from crm.organisation o
cross join lateral measures.waits((now() at time zone o.timezone)::date - 90, 'infinity') w
join analytics.first_touch f on f.id = w.id
where w.wait_minutes < 0 or w.wait_minutes > w.clock_minutes
    or (w.state = 'waiting' and f.meaning in ('converted', 'junk', 'lost'))
union all
select 'weekday of ' || id, extract(isodow from day), weekday
from analytics.first_touch
where weekday <> extract(isodow from day)
