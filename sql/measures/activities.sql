-- Whose an activity is, beyond what it names.

-- Whether an activity of the contact that a deal names is the deal's too: since the deal was created,
-- unless it names a deal itself.
create function measures.is_of_contacts_deal(
    named_deal text, at timestamptz, deal_created timestamptz
) returns boolean
language sql immutable parallel safe as $$
    select named_deal is null and at >= deal_created
$$;
