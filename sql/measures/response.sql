-- What tells that a lead had a response.

-- The statuses without one: the first of the list (the lowest position; Zoho's is Not Contacted), and
-- the empty one.
create function measures.untouched_statuses() returns table (status text)
language sql stable as $$
    select '(none)' as status
    union
    select p.value
    from crm.picklist_meaning p
    where p.module = 'Leads'
        and p.position = (select min(m.position) from crm.picklist_meaning m where m.module = 'Leads')
$$;
