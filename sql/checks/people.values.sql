-- asset: crm/leads_raw, crm/crm_contacts
-- severity: warn
-- blocking: no
-- description: Records bear dates that cannot be. Correct them in Zoho.
--
-- An hour of grace: the clocks of Zoho and of this database differ a little.

select r.id, c.rule
from {relation} r
cross join lateral (values
    ('Created_Time in the future', created_time > now() + interval '1 hour'),
    ('Modified_Time in the future', modified_time > now() + interval '1 hour')
) c (rule, is_wrong)
where r.deleted_at is null and c.is_wrong
order by r.id
