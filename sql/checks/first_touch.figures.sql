-- asset: analytics/first_touch
-- severity: error
-- blocking: yes
-- description: A wait is shorter than nothing or longer by business hours than by the clock, or a
-- closed lead waits. Run `aha sync` to build it again.

select 'wait of ' || id as rule, clock_minutes as expected, wait_minutes as found
from analytics.first_touch
where wait_minutes < 0 or wait_minutes > clock_minutes
    or (state = 'waiting' and meaning in ('converted', 'junk', 'lost'))
