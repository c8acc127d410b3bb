-- What tells that a lead had a response.

-- The statuses without one: the empty one, Zoho's Not Contacted, and the first of the list (the lowest
-- position) while it is open. Not where Zoho itself means by it that somebody has dealt with the lead:
-- a list may have been shortened, or begin with what is qualified.
create function measures.untouched_statuses() returns table (status text)
language sql stable as $$
    select '(none)' as status
    union
    select p.value
    from crm.picklist_meaning p
    where p.module = 'Leads'
        and coalesce(p.meaning, 'open') = 'open'
        and (
            crm.text_key(p.value) = 'not contacted'
            or p.position = (select min(m.position) from crm.picklist_meaning m where m.module = 'Leads')
            and crm.text_key(p.value) not in ('attempted to contact', 'contact in future', 'contacted')
        )
$$;
