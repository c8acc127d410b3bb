-- asset: analytics/contacts_by_owner
-- severity: error
-- blocking: yes
-- description: The owners do not add up to the live contacts. Run `aha sync` to build it again.

select 'contacts' as rule, w.expected, p.found
from (select count(*) as expected from analytics.contacts) w
cross join (select coalesce(sum(contacts), 0) as found from analytics.contacts_by_owner) p
where p.found <> w.expected
