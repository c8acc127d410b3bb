-- One word is one word whoever types it: with a typographic dash or apostrophe, with the optional marks
-- and the stretching of Arabic, with the Turkish dotted capital I, a sharp s or a final sigma.

-- The key of a text, the same for all spellings of a word: the label in lower case and in Unicode's
-- compatible form (NFKC), with plain dashes and apostrophes, without joiners and optional marks. Null
-- for a text that means empty.
create or replace function crm.text_key(value text) returns text
language sql immutable parallel safe as $$
    select case
        -- Most are plain words, of which the rest would change nothing.
        when value ~ '^[!-~]+( [!-~]+)*$'
            then case when not crm.means_empty(value) then lower(value) end
        else replace(
            translate(
                lower(normalize(translate(crm.text_label(value), U&'\0130', 'i'), nfkc)),
                U&'\2010\2011\2012\2013\2014\2015\2212\2018\2019\201B\02BC\201C\201D\03C2'
                    || U&'\200C\200D\0307\0640\064B\064C\064D\064E\064F\0650\0651\0652\0670',
                U&'-------\0027\0027\0027\0027""\03C3'
            ),
            'ß', 'ss'
        )
    end
$$;

-- As before, and a stretching of nothing is empty too.
create or replace function crm.means_empty(tidy text) returns boolean
language sql immutable parallel safe as $$
    select tidy is null
        or length(tidy) <= 24 and (
            btrim(normalize(tidy, nfkc), U&' -_.,:;/|*?!#~=+()[]<>{}''"–—−·•…・\005C\0640') = ''
            or lower(btrim(
                normalize(tidy, nfkc), U&' -_.,:;/|*?!#~=+()[]<>{}''"–—−·•…・\005C\0640'
            )) in (
                'none', 'n/a', 'n.a', 'na', 'nil', 'null', 'nan', 'undefined', 'blank', 'empty',
                'not available', 'not applicable', 'not specified', 'unspecified'
            )
        )
$$;

-- Of targets that are now for the same name, the one told last stands.
drop index analytics.targets_in_force;
update analytics.targets t
set told_until = clock_timestamp()
where t.told_until is null
    and exists (
        select from analytics.targets o
        where o.told_until is null
            and (o.scope, coalesce(crm.text_key(o.name), ''), o.first_day, o.last_day)
                = (t.scope, coalesce(crm.text_key(t.name), ''), t.first_day, t.last_day)
            and (o.told_from, o.ctid) > (t.told_from, t.ctid)
    );
create unique index targets_in_force
    on analytics.targets (scope, coalesce(crm.text_key(name), ''), first_day, last_day)
    where told_until is null;

-- Labels are derived anew, and histories are built anew: what that restates is of another definition.
delete from crm.text_labels where crm.text_key(key) is distinct from key;
delete from crm.text_labels_until;
update analytics.mart_builds set fingerprint = '';

-- Currencies at par with another one: of no other is a rate of exactly one believed.
insert into crm.currency_worth (currency, dollars) values
    ('BTN', 0.0118), ('BND', 0.75), ('NAD', 0.055), ('LSL', 0.055), ('SZL', 0.055), ('BMD', 1),
    ('BSD', 1), ('PAB', 1), ('FKP', 1.3), ('GIP', 1.3), ('SHP', 1.3), ('MOP', 0.128)
on conflict do nothing;
