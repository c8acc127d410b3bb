-- Words that mean empty mean it in any width: "－" and "Ｎ／Ａ" of an Asian keyboard are "-" and "n/a".
create or replace function crm.means_empty(tidy text) returns boolean
language sql immutable parallel safe as $$
    select tidy is null
        or length(tidy) <= 24 and (
            btrim(normalize(tidy, nfkc), ' -_.,:;/\|*?!#~=+()[]<>{}''"–—−·•…・') = ''
            or lower(btrim(normalize(tidy, nfkc), ' -_.,:;/\|*?!#~=+()[]<>{}''"–—−·•…・')) in (
                'none', 'n/a', 'n.a', 'na', 'nil', 'null', 'nan', 'undefined', 'blank', 'empty',
                'not available', 'not applicable', 'not specified', 'unspecified'
            )
        )
$$;
-- The histories are built anew, and what that restates is said to be of another definition.
update analytics.mart_builds set fingerprint = '';
delete from crm.text_labels
where told_by = 'records' and crm.text_key(key) is null;
