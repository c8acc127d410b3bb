-- grain: one row per owner of live leads, deals or contacts, by name, no owner last

select owner_id, coalesce(w.owner_name, owner_id) as owner_name
from (
    select owner_id from analytics.rep_matrix
    union
    select owner_id from analytics.contacts_by_owner
) o
left join analytics.owners w using (owner_id)
order by owner_id = '(none)', owner_name, owner_id
