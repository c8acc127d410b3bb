-- asset: analytics/leads
-- severity: error
-- blocking: yes
-- description: The view does not show each live record once. `delete from analytics.mart_builds` in
-- the database makes the next `aha sync` rebuild the histories.

select 'live records' as rule, r.expected, m.found
from (select count(*) as expected from crm.leads_raw where deleted_at is null) r
cross join (select count(*) as found from analytics.leads) m
where m.found <> r.expected
