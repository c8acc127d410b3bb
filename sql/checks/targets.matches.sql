-- asset: analytics/targets
-- severity: warn
-- blocking: no
-- description: A target cannot be compared as it stands. Correct targets.csv, or the row of analytics.targets.
--
-- Those of periods that are over stay as they are.

select t.sentence
from crm.organisation o
cross join lateral measures.target_troubles((now() at time zone o.timezone)::date) t
