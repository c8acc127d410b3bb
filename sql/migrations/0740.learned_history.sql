-- What Zoho's own history tells of records before they were first read here becomes contents of them,
-- and a day that it makes another one is restated.
create index on crm.record_history_reads (module, read_at);

alter table analytics.restatements drop constraint restatements_reason_check;
alter table analytics.restatements add constraint restatements_reason_check
    check (reason in ('records changed', 'definition changed', 'history learned from Zoho'));
comment on column analytics.restatements.reason is
    'definition changed: another SQL, home currency, time zone, label or meaning; history learned '
    'from Zoho: what records said before they were first read here became known; else records.';

-- A value of Zoho's history, which is a text there, as one that can be compared. JSON's null: empty.
-- Null: not readable, as it may be cut (255 characters) or its notation can be read in two ways: a
-- number with anything but digits and a point, or with three digits after it, which may be thousands;
-- a date that does not begin with the year.
create function crm.history_value(field text, value text) returns jsonb
language sql immutable as $$
    select case
        when crm.text_key(value) is null then 'null'
        when length(value) >= 255 then null
        when field in ('Amount', 'Probability') then
            case
                when value ~ '^-?\d{1,3}\.\d{3}$' then null
                when value ~ '^-?\d+(\.\d+)?$' then to_jsonb(value::numeric)
            end
        when field = 'Closing_Date' then to_jsonb(crm.to_date(value))
        else to_jsonb(crm.tidy_text(value))
    end
$$;

-- Whether two values of a field are one, in whatever spelling; not where one is not readable.
create function crm.is_same_value(one jsonb, other jsonb) returns boolean
language sql immutable parallel safe as $$
    select coalesce(one = other or crm.text_key(one #>> '{}') = crm.text_key(other #>> '{}'), false)
$$;
