-- Finding a person or a deal by whatever a caller has: words of a name in any order, a company, a
-- mail address, a telephone number in any notation.

-- The words of a text, in lower case. Cut at these marks and not by character class, which in the C
-- locale knows no letter but those of English.
create function crm.search_words(words text) returns text[]
language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct w), '{}')
    from regexp_split_to_table(lower(words), '[\s,;:.@_|/\\()\[\]"''&+<>-]+') w
    where w <> ''
$$;

-- The last ten digits of a telephone number, which are the same in all its notations; null below
-- seven digits.
create function crm.search_number(number text) returns text
language sql immutable parallel safe as $$
    select case when length(d) >= 7 then right(d, 10) end
    from (select regexp_replace(coalesce(number, ''), '[^0-9]', '', 'g') as d) n
$$;

-- What a record is found by.
create function crm.search_terms(record jsonb) returns tsvector
language sql immutable parallel safe as $$
    select array_to_tsvector(array(
        select w
        from unnest(
            crm.search_words(left(concat_ws(' ',
                record ->> 'First_Name', record ->> 'Last_Name', record ->> 'Full_Name',
                record ->> 'Deal_Name', record ->> 'Company',
                case jsonb_typeof(record -> 'Account_Name')
                    when 'object' then record #>> '{Account_Name,name}'
                    else record ->> 'Account_Name' end,
                record #>> '{Contact_Name,name}',
                record ->> 'Email', record ->> 'Secondary_Email'
            ), 1000))
            || array[
                'tel' || crm.search_number(record ->> 'Phone'),
                'tel' || crm.search_number(record ->> 'Mobile'),
                'tel' || crm.search_number(record ->> 'Other_Phone'),
                'tel' || crm.search_number(record ->> 'Home_Phone')
            ]
        ) w
        where w is not null and octet_length(w) < 2000
    ))
$$;

create index leads_search on crm.leads_raw using gin (crm.search_terms(raw_data));
create index deals_search on crm.crm_deals using gin (crm.search_terms(raw_data));
create index contacts_search on crm.crm_contacts using gin (crm.search_terms(raw_data));
create index accounts_search on crm.crm_accounts using gin (crm.search_terms(raw_data));

-- What belongs to a record is looked up from it.
create index on crm.crm_deals (account_id);
create index on crm.crm_deals (contact_id);
create index on crm.crm_contacts (account_id);
create index on crm.leads_raw (deal_id) where deal_id is not null;
