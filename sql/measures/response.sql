-- What tells that a lead had a response.

-- The statuses without one: the empty one, Zoho's Not Contacted, and the first of the list (the lowest
-- position) while it is open. Not where Zoho itself means by it that somebody has dealt with the lead:
-- a list may have been shortened, or begin with what is qualified. One that was renamed has two names
-- in one place, and is what either says.
create function measures.untouched_statuses() returns table (status text)
language sql stable as $$
    with named as (
        select
            value,
            meaning,
            position = min(position) over () as is_first,
            array_agg(crm.text_key(value)) over (partition by position) as names
        from crm.picklist_meaning
        where module = 'Leads'
    )
    select '(none)' as status
    union
    select value
    from named
    where coalesce(meaning, 'open') = 'open'
        and (
            'not contacted' = any(names)
            or is_first
            and not names && array['attempted to contact', 'contact in future', 'contacted']
        )
$$;
