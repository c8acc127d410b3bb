-- One normaliser for what people type: a label to show and a key to group by. Every mart, check,
-- fact and filter takes texts from here.

-- A text as it is shown: in Unicode's composed form (NFC), its spaces of whatever kind single and
-- plain, without ends, controls and characters of no width. The joiners of Indic and Arabic words
-- (U+200C, U+200D) stay between letters that are not ASCII. Null where nothing is left.
create function crm.tidy_text(value text) returns text
language sql immutable parallel safe as $$
    select case
        when value ~ '^[!-~]+( [!-~]+)*$' then value
        else nullif(btrim(regexp_replace(
            regexp_replace(
                normalize(value, nfc),
                '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u180e'
                '\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]'
                '|(?<![^\u0001-\u007f])[\u200c\u200d]|[\u200c\u200d](?![^\u0001-\u007f])',
                '', 'g'
            ),
            '[\u0009-\u000d\u0020\u0085\u00a0\u115f\u1160\u1680\u2000-\u200a\u2028\u2029\u202f'
            '\u205f\u2800\u3000\u3164\uffa0]+',
            ' ', 'g'
        )), '')
    end
$$;

-- Whether a text says that there is nothing to say: "-", "n/a", "none", "--None--", "(blank)".
create function crm.means_empty(tidy text) returns boolean
language sql immutable parallel safe as $$
    select tidy is null
        or length(tidy) <= 24 and (
            btrim(tidy, ' -_.,:;/\|*?!#~=+()[]<>{}''"–—−·•…') = ''
            or lower(btrim(tidy, ' -_.,:;/\|*?!#~=+()[]<>{}''"–—−·•…')) in (
                'none', 'n/a', 'n.a', 'na', 'nil', 'null', 'nan', 'undefined', 'blank', 'empty',
                'not available', 'not applicable', 'not specified', 'unspecified'
            )
        )
$$;

-- The label of a text: null for one that means empty.
create function crm.text_label(value text) returns text
language sql immutable parallel safe as $$
    select case when not crm.means_empty(crm.tidy_text(value)) then crm.tidy_text(value) end
$$;

-- The key of a text, the same for all spellings of a word: the label in lower case and in Unicode's
-- compatible form (NFKC), without joiners. Null for a text that means empty.
create function crm.text_key(value text) returns text
language sql immutable parallel safe as $$
    select translate(
        lower(normalize(crm.text_label(value), nfkc)), U&'\200C\200D', ''
    )
$$;

-- The label, and '(none)' for an empty one: no part of a breakdown is without a name.
create function crm.label_or_none(value text) returns text
language sql immutable parallel safe as $$
    select coalesce(crm.text_label(value), '(none)')
$$;

-- How each key is shown: as the user's file says, else as the organisation's own list spells it,
-- else as a file of meanings does, else as most records did when it was first met.
create table crm.text_labels (
    field text not null,
    key text not null,
    own_label text,
    label text not null,
    told_by text not null check (told_by in ('file', 'crm', 'meaning', 'records')),
    changed_at timestamptz,
    primary key (field, key)
);
comment on table crm.text_labels is
    'The label of each text key by field (Zoho''s API name). Derived: correct it in '
    'picklist_alias.csv, not here.';
comment on column crm.text_labels.own_label is
    'What the label would be without the user''s file; null where only the file knows the key.';
comment on column crm.text_labels.changed_at is
    'When the label last became another one; null: never. Histories are then built anew.';

-- Up to which landing the texts of a module have been looked at.
create table crm.text_labels_until (
    module text primary key references crm.modules,
    landed_at timestamptz not null
);
create index on crm.crm_contacts (synced_at);
create index on crm.crm_accounts (synced_at);
