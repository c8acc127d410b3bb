-- asset: analytics/contacts
-- severity: error
-- blocking: yes
-- description: The view does not show each live record once. Run `aha sync`: it builds
-- analytics.owners again, by which a record is shown twice.

select 'live records' as rule, r.expected, m.found
from (select count(*) as expected from crm.crm_contacts where deleted_at is null) r
cross join (select count(*) as found from analytics.contacts) m
where m.found <> r.expected
