-- What a status or stage means is derived at every sync (sql/warehouse/derive_meanings.sql); a
-- correction is a line in the file picklist_meaning.csv, no longer an edit of this table.

alter table crm.picklist_meaning
    alter meaning drop not null,
    add source text not null default 'default' check (source in ('default', 'crm', 'file'));
alter table crm.picklist_meaning alter source drop default;

comment on table crm.picklist_meaning is
    'What each status and stage means. Derived: correct it in picklist_meaning.csv, not here.';
comment on column crm.picklist_meaning.meaning is
    'Null: nobody has said what the value means, so it counts as open.';
comment on column crm.picklist_meaning.source is
    'Who says what it means: default (as Zoho ships it), crm (the organisation''s metadata) or file.';
